import type { Area } from './areas.js';
import { MOST_FRAMES, type Frames } from './frames.js';
import { kindOf, kindWithoutFrame, PAGE_KINDS, type PageKind } from './page-kind.js';
import { frameOf } from './pagemap.js';
import { PictureMaker, type Picture } from './picture.js';
import type { ProcessMemory } from './process-memory.js';

/** Pages of each kind. */
export type KindCounts = Readonly<Record<PageKind, number>>;

export interface AreaMap {
  readonly area: Area;
  readonly pages: KindCounts;
}

export interface MemoryMap {
  readonly pid: number;
  readonly comm: string;
  /** Areas in which anything is present or swapped out, in the order of their addresses. */
  readonly areas: readonly AreaMap[];
  /** Areas with nothing in them, and how long they are together. */
  readonly empty: { readonly areas: number; readonly pages: number };
  /** Of all areas. */
  readonly total: KindCounts;
  readonly picture: Picture;
  /** The process ended while it was read: what is here is a part. */
  readonly ended: boolean;
}

/**
 * Looks at every page of a process. No page is touched: only the kernel's records of it are read. The process goes on
 * meanwhile, so the parts are of slightly different moments.
 *
 * @param breathe awaited after every MOST_FRAMES pages, so that a caller can limit the CPU taken
 */
export async function readMemoryMap(
  memory: ProcessMemory,
  frames: Frames,
  breathe: () => Promise<void> | undefined = () => undefined,
): Promise<MemoryMap> {
  const areas: AreaMap[] = [];
  const empty = { areas: 0, pages: 0 };
  const total = noPages();
  const picture = new PictureMaker();
  const words = new Uint32Array(MOST_FRAMES * 2);
  for (const area of [...memory.areas()]) {
    const pages = noPages();
    picture.startArea(area.firstPage, area.pages);
    for (let at = 0; at < area.pages; at += MOST_FRAMES) {
      const count = Math.min(MOST_FRAMES, area.pages - at);
      const got = memory.pagemap(area.firstPage + at, words.subarray(0, count * 2));
      pages.absent += count - got;
      const kinds = kindsOf(words, got, frames);
      for (let index = 0; index < got; index += 1) {
        const kind = kinds[index] ?? 'absent';
        pages[kind] += 1;
        if (kind !== 'absent') picture.add(at + index, kind);
      }
      await breathe();
    }
    for (const kind of PAGE_KINDS) total[kind] += pages[kind];
    if (pages.absent === area.pages) {
      empty.areas += 1;
      empty.pages += area.pages;
    } else areas.push({ area, pages });
  }
  return {
    pid: memory.pid,
    comm: memory.comm,
    areas,
    empty,
    total,
    picture: picture.finish(),
    ended: memory.ended(),
  };
}

/**
 * The kind of each page of a piece of pagemap.
 *
 * @param words two per page, as `ProcessMemory.pagemap` gives them
 */
export function kindsOf(words: Uint32Array, pages: number, frames: Frames): PageKind[] {
  const kinds: PageKind[] = [];
  const frame = new Float64Array(pages);
  const asked = new Uint32Array(pages);
  let present = 0;
  for (let index = 0; index < pages; index += 1) {
    const [low = 0, high = 0] = [words[index * 2], words[index * 2 + 1]];
    const kind = kindWithoutFrame(high);
    kinds.push(kind ?? 'private');
    if (kind !== undefined) continue;
    frame[present] = frameOf(low, high);
    asked[present] = index;
    present += 1;
  }
  frames.flags(frame.subarray(0, present)).forEach((flags, position) => {
    const index = asked[position] ?? 0;
    kinds[index] = kindOf(words[index * 2 + 1] ?? 0, flags);
  });
  return kinds;
}

function noPages(): Record<PageKind, number> {
  return { ksm: 0, zero: 0, huge: 0, private: 0, shared: 0, hugetlb: 0, swapped: 0, absent: 0 };
}
