/** `ksmpilot map` as text and as JSON. Pure. */

import type { MemoryMap } from '../agent/memory-map/memory-map.js';
import { KIND_MEANING, PAGE_KINDS, type PageKind } from '../agent/memory-map/page-kind.js';
import { KIND_SIGNS } from '../agent/memory-map/picture.js';
import { formatBytes, formatCount, formatPct, printable } from './format.js';
import type { Paint } from './format-colour.js';
import { clip, formatTable, type Column } from './format-table.js';

/** Areas listed; the others are in the sums, and in `--json`. */
const MOST_ROWS = 20;

const NAME_WIDTH = 32;

/** Kinds that are memory; `absent` is not. */
const PRESENT = PAGE_KINDS.filter((kind): kind is Exclude<PageKind, 'absent'> => kind !== 'absent');

/** @param placedZeroPages zero pages that KSM placed; undefined: the kernel does not tell */
export function mapText(map: MemoryMap, pageSize: number, placedZeroPages: number | undefined, paint: Paint): string {
  const { total, areas, empty, picture } = map;
  const bytes = (pages: number): string => (pages === 0 ? '' : formatBytes(pages * pageSize));
  const present = PRESENT.reduce((sum, kind) => sum + total[kind], 0);
  const kinds = formatTable(
    [{ head: 'SIGN' }, { head: 'MEMORY' }, { head: 'PAGES', align: 'right' }, right('BYTES'), right('OF PRESENT')],
    PRESENT.map((kind) => [
      KIND_SIGNS[kind],
      meaning(kind, total.zero, placedZeroPages),
      formatCount(total[kind]),
      formatBytes(total[kind] * pageSize),
      present === 0 ? '-' : formatPct((total[kind] / present) * 100),
    ]),
  );
  const largest = [...areas].sort((a, b) => b.area.pages - b.pages.absent - (a.area.pages - a.pages.absent));
  const used = PRESENT.filter((kind) => total[kind] > 0);
  const columns: readonly Column[] = [
    right('ADDRESS'),
    right('SIZE'),
    { head: 'OFFERED' },
    ...used.map((kind) => right(kind.toUpperCase())),
    { head: 'NAME' },
  ];
  const table = formatTable(
    columns,
    largest
      .slice(0, MOST_ROWS)
      .map(({ area, pages }) => [
        address(area.firstPage, pageSize),
        formatBytes(area.pages * pageSize),
        area.offered ? 'yes' : (area.obstacle ?? 'no'),
        ...used.map((kind) => bytes(pages[kind])),
        clip(printable(area.name), NAME_WIDTH),
      ]),
  );
  const lines = [
    `${String(map.pid)} (${printable(map.comm)}): ${formatBytes(present * pageSize)} present in ` +
      `${formatCount(areas.length)} areas; ${formatCount(empty.areas)} areas are empty.`,
    ...(map.ended ? ['The process ended while it was read: this is a part of it.'] : []),
    '',
    ...kinds.map((line, index) => (index === 0 ? paint.bold(line) : line)),
    '',
    `One sign is ${formatBytes(picture.pagesPerCell * pageSize)} (pages: ${formatCount(picture.pagesPerCell)}).`,
    'A capital: all pages of it; a small letter: most of them. ".": nothing there; ":": mostly nothing.',
    ...picture.lines.map(({ firstPage, cells }) => `${address(firstPage, pageSize).padStart(16)}  ${cells}`),
    ...(picture.smallAreas > 0
      ? [`${formatCount(picture.smallAreas)} areas shorter than one sign are not in the picture.`]
      : []),
    '',
    ...table.map((line, index) => (index === 0 ? paint.bold(line) : line)),
    ...(largest.length > MOST_ROWS ? [`and ${formatCount(largest.length - MOST_ROWS)} smaller ones`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Names are a contract with scripts: every key is always there, unknown is null. */
export function mapJson(
  map: MemoryMap,
  pageSize: number,
  placedZeroPages: number | undefined,
): Readonly<Record<string, unknown>> {
  const { picture } = map;
  return {
    pid: map.pid,
    comm: map.comm,
    page_size: pageSize,
    ended: map.ended,
    pages: map.total,
    zero_placed_pages: placedZeroPages ?? null,
    areas: map.areas.map(({ area, pages }) => ({
      address: address(area.firstPage, pageSize),
      pages_total: area.pages,
      name: area.name,
      offered: area.offered,
      obstacle: area.obstacle ?? null,
      pages,
    })),
    empty_areas: { areas: map.empty.areas, pages: map.empty.pages },
    picture: {
      pages_per_cell: picture.pagesPerCell,
      small_areas: picture.smallAreas,
      legend: Object.fromEntries(PAGE_KINDS.map((kind) => [KIND_SIGNS[kind], KIND_MEANING[kind]])),
      lines: picture.lines.map(({ firstPage, cells }) => ({ address: address(firstPage, pageSize), cells })),
    },
  };
}

function meaning(kind: PageKind, zeroPages: number, placed: number | undefined): string {
  if (kind !== 'zero' || zeroPages === 0) return KIND_MEANING[kind];
  // The counter falls with ksmd's next visit, so it may still hold pages that were written since.
  const by = placed === undefined ? 'who placed them is not known' : `${formatCount(placed)} placed by KSM`;
  return `${KIND_MEANING[kind]} (${by})`;
}

function right(head: string): Column {
  return { head, align: 'right' };
}

/** Hexadecimal, without 0x, as /proc/PID/maps has it. */
function address(page: number, pageSize: number): string {
  return (BigInt(page) * BigInt(pageSize)).toString(16);
}
