import type { Cycle, Law, Ramp } from './plan.js';

/** The arithmetic of bench/bakeoff/guest.c, to the bit: which page has which content when. */

/** A change of a page: from `atMs` on it holds `key`; undefined: content that no other page has. */
export interface Change {
  readonly atMs: number;
  readonly key: number | undefined;
}

/** Contents that can be equal, as numbers: library and page of it. */
const LIBRARY_PAGES = 2 ** 31;
const ZERO = -1;
export const keyOf = (library: number, page: number): number => library * LIBRARY_PAGES + page;

/** How the law is said to a guest, with the area it is about. */
export function command(law: Law, area: number, pages: number): string {
  // A guest knows no infinity: before its first moment is early enough.
  const start = Math.max(law.startMs ?? -Infinity, -1e9);
  if (law.kind === 'ramp') {
    return `ramp ${area} ${law.from ?? 0} ${law.count ?? pages} ${start} ${law.ms ?? 0} ${law.content}`;
  }
  const [low, high] = law.sharedMs;
  const { periodMs, choice, library, libraryPages } = law;
  return `cycle ${area} 0 ${pages} ${start} ${periodMs} ${low} ${high} ${choice} ${library} ${libraryPages}`;
}

/** The changes of a page of a range of so many pages, from the one in force at `fromMs` (if any) to `toMs`. */
export function changes(law: Law, page: number, pages: number, fromMs: number, toMs: number): Change[] {
  return law.kind === 'ramp' ? rampChange(law, page, pages, toMs) : cycleChanges(law, page, pages, fromMs, toMs);
}

function rampChange(law: Ramp, page: number, pages: number, toMs: number): Change[] {
  const { from = 0, count = pages, startMs = -Infinity, ms = 0, content } = law;
  const index = page - from;
  if (index < 0 || index >= count) return [];
  // The guest has filled `(t - start) * count / ms` pages, rounded down, at t.
  const atMs = startMs + (ms === 0 ? 0 : Math.ceil(((index + 1) * ms) / count));
  if (atMs > toMs) return [];
  return [{ atMs, key: content === 'own' ? undefined : content === 'zero' ? ZERO : keyOf(content, index) }];
}

function cycleChanges(law: Cycle, page: number, pages: number, fromMs: number, toMs: number): Change[] {
  const { startMs = -Infinity, periodMs, library, libraryPages, choice } = law;
  const phase = Math.floor((page * periodMs) / pages);
  const life = lifeMs(law, page);
  const changes: Change[] = [];
  const firstMs = Math.max(startMs, fromMs);
  for (let turn = Math.floor((firstMs + phase) / periodMs); turn * periodMs - phase <= toMs; turn += 1) {
    const atMs = turn * periodMs - phase;
    const pageOfLibrary = scatter(choice, page, turn) % libraryPages;
    if (life > 0) changes.push({ atMs, key: keyOf(library, pageOfLibrary) });
    if (life < periodMs) changes.push({ atMs: atMs + life, key: undefined });
  }
  return changes
    .map((change) => (change.atMs < startMs ? { ...change, atMs: startMs } : change))
    .filter(({ atMs }) => atMs <= toMs);
}

/** How long the page holds a library page in each of its turns. */
export function lifeMs({ sharedMs: [low, high] }: Cycle, page: number): number {
  return low + ((Math.imul(page, 2654435761) >>> 0) % (high - low + 1));
}

/** 32 bits that look random. */
export function scatter(a: number, b: number, c: number): number {
  let x = a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
