import { changes } from './laws.js';
import { PAGES_PER_MIB, type GuestPlan, type Plan, type Range } from './plan.js';

/** Guests look at the clock this often. */
export const TICK_MS = 50;
/** The kernel keeps one page for so many equal ones (max_page_sharing, default). */
const MAX_PAGE_SHARING = 256;

/**
 * MiB that could be saved at each tick of the window, 0 and the last included: of n equal pages all but one for each 256.
 * Zero pages count like others, as they do with use_zero_pages=0.
 */
export function reachableMib(plan: Plan, seconds: number): Float64Array {
  const ticks = Math.ceil((seconds * 1000) / TICK_MS);
  const moves = Array.from({ length: ticks + 1 }, (): Move[] => []);
  for (const guest of plan.guests) {
    for (const range of guest.ranges) collect(guest, range, moves);
  }
  const copies = new Map<number, number>();
  let saved = 0;
  return Float64Array.from(moves, (atTick) => {
    for (const { key, by } of atTick) {
      const before = copies.get(key) ?? 0;
      copies.set(key, before + by);
      saved += savedOf(before + by) - savedOf(before);
    }
    return saved / PAGES_PER_MIB;
  });
}

/** One copy more or less of a content. */
interface Move {
  readonly key: number;
  readonly by: 1 | -1;
}

function savedOf(copies: number): number {
  return copies - Math.ceil(copies / MAX_PAGE_SHARING);
}

function collect(guest: GuestPlan, range: Range, moves: readonly Move[][]): void {
  const bornMs = Math.max(guest.startMs, range.mapMs ?? -Infinity);
  const lastMs = (moves.length - 1) * TICK_MS;
  const endMs = guest.endMs ?? Infinity;
  if (bornMs >= endMs) return;
  const tickOf = (ms: number): number => Math.max(0, Math.ceil(ms / TICK_MS));
  for (let page = 0; page < range.pages; page += 1) {
    const history = range.laws.flatMap((law) => changes(law, page, range.pages, 0, Math.min(lastMs, endMs)));
    // Only the last of those that are in force when the window begins is there.
    const first = Math.max(
      0,
      history.findLastIndex(({ atMs }) => atMs <= 0),
    );
    let held: number | undefined;
    for (const { atMs, key } of history.slice(first)) {
      const tick = moves[tickOf(Math.max(atMs, bornMs))];
      if (held !== undefined) tick?.push({ key: held, by: -1 });
      if (key !== undefined) tick?.push({ key, by: 1 });
      held = key;
    }
    if (held !== undefined && endMs <= lastMs) moves[tickOf(endMs)]?.push({ key: held, by: -1 });
  }
}
