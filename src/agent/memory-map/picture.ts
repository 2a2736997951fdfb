import { PAGE_KINDS, type PageKind } from './page-kind.js';

/** Cells, and lines of cells, with anything in them; more make cells twice as long. A screen of a terminal. */
const ROOM = { cells: 1024, lines: 32 };

/** Cells of one line. */
export const LINE_CELLS = 64;

/** One sign per kind. A capital: every page of the cell is of this kind; a small letter: most of them are. */
export const KIND_SIGNS: Readonly<Record<PageKind, string>> = {
  ksm: 'K',
  zero: 'Z',
  huge: 'H',
  private: 'P',
  shared: 'S',
  hugetlb: 'G',
  swapped: 'W',
  absent: '.',
};

export interface PictureLine {
  /** Virtual address divided by the page size. */
  readonly firstPage: number;
  /** One sign per cell, LINE_CELLS at most. */
  readonly cells: string;
}

export interface Picture {
  readonly pagesPerCell: number;
  /** Lines with nothing in them are left out. */
  readonly lines: readonly PictureLine[];
  /** Areas that are shorter than a cell, and so left out. */
  readonly smallAreas: number;
}

interface AreaCells {
  readonly firstPage: number;
  readonly pages: number;
  /** By number within the area; those without a page present are not there. Counts in the order of PAGE_KINDS. */
  cells: Map<number, Uint32Array>;
  /** Numbers of the lines that these cells are in. */
  lines: Set<number>;
}

const KIND_INDEX = Object.fromEntries(PAGE_KINDS.map((kind, index) => [kind, index])) as Record<PageKind, number>;

/**
 * Draws address space of any length in a bounded number of cells: it begins with a cell per page and makes cells twice
 * as long whenever there are too many. Cells begin where their area begins.
 */
export class PictureMaker {
  readonly #room: typeof ROOM;
  readonly #areas: AreaCells[] = [];
  #pagesPerCell = 1;
  /** In areas that are long enough to be drawn. */
  #cells = 0;
  #lines = 0;

  constructor(room = ROOM) {
    this.#room = room;
  }

  startArea(firstPage: number, pages: number): void {
    this.#areas.push({ firstPage, pages, cells: new Map(), lines: new Set() });
  }

  /** @param offset page within the area started last */
  add(offset: number, kind: Exclude<PageKind, 'absent'>): void {
    const area = this.#areas.at(-1);
    if (area === undefined) throw new Error('startArea first');
    const number = Math.floor(offset / this.#pagesPerCell);
    let cell = area.cells.get(number);
    if (cell === undefined) {
      cell = new Uint32Array(PAGE_KINDS.length);
      area.cells.set(number, cell);
      const linesBefore = area.lines.size;
      area.lines.add(Math.floor(number / LINE_CELLS));
      if (area.pages >= this.#pagesPerCell) {
        this.#cells += 1;
        this.#lines += area.lines.size - linesBefore;
      }
    }
    cell[KIND_INDEX[kind]] = (cell[KIND_INDEX[kind]] ?? 0) + 1;
    while (this.#cells > this.#room.cells || this.#lines > this.#room.lines) this.#coarsen();
  }

  finish(): Picture {
    const drawn = this.#areas.filter(({ cells }) => cells.size > 0);
    const shown = drawn.filter(({ pages }) => pages >= this.#pagesPerCell);
    return {
      pagesPerCell: this.#pagesPerCell,
      lines: shown.flatMap((area) => this.#linesOf(area)),
      smallAreas: drawn.length - shown.length,
    };
  }

  /** Joins cells two by two. Areas that have become shorter than a cell leave the picture, so this comes to an end. */
  #coarsen(): void {
    this.#pagesPerCell *= 2;
    this.#cells = 0;
    this.#lines = 0;
    for (const area of this.#areas) {
      const joined = new Map<number, Uint32Array>();
      for (const [number, counts] of area.cells) {
        const half = Math.floor(number / 2);
        const other = joined.get(half);
        if (other === undefined) joined.set(half, counts);
        else counts.forEach((count, kind) => (other[kind] = (other[kind] ?? 0) + count));
      }
      area.cells = joined;
      area.lines = new Set([...joined.keys()].map((number) => Math.floor(number / LINE_CELLS)));
      if (area.pages < this.#pagesPerCell) continue;
      this.#cells += joined.size;
      this.#lines += area.lines.size;
    }
  }

  #linesOf({ firstPage, pages, cells, lines }: AreaCells): PictureLine[] {
    const perLine = LINE_CELLS * this.#pagesPerCell;
    return [...lines]
      .sort((a, b) => a - b)
      .map((line) => {
        const length = Math.min(LINE_CELLS, Math.ceil(pages / this.#pagesPerCell) - line * LINE_CELLS);
        const signs = Array.from({ length }, (_, index) => {
          const offset = line * perLine + index * this.#pagesPerCell;
          const size = Math.min(this.#pagesPerCell, pages - offset);
          return signOf(cells.get(line * LINE_CELLS + index), size);
        });
        return { firstPage: firstPage + line * perLine, cells: signs.join('') };
      });
  }
}

/** The sign of the commonest kind; absent pages count like any other. */
function signOf(counts: Uint32Array | undefined, pages: number): string {
  if (counts === undefined) return KIND_SIGNS.absent;
  const present = counts.reduce((sum, count) => sum + count, 0);
  const all = PAGE_KINDS.map((kind, index) => ({
    kind,
    count: kind === 'absent' ? pages - present : (counts[index] ?? 0),
  }));
  const most = all.reduce((best, one) => (one.count > best.count ? one : best));
  const sign = KIND_SIGNS[most.kind];
  if (most.count === pages) return sign;
  return most.kind === 'absent' ? ':' : sign.toLowerCase();
}
