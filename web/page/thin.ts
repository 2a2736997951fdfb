/**
 * Fewer points for a chart than the ring holds, without losing a spike or a gap. Pure.
 *
 * Chart.js's own decimation takes each dataset apart, so that stacked series no longer meet at the same times, and
 * counts a gap as zero. Here rows are chosen, not points: all series of a chart keep the same times.
 */

import type { SeriesRing } from './series.js';

export interface Thinned {
  /** Milliseconds since the epoch, rising. */
  readonly times: readonly number[];
  /** By column, in the order asked for; null is a gap. */
  readonly values: readonly (readonly (number | null)[])[];
}

export interface ThinOptions<C extends string> {
  readonly columns: readonly C[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Slices of time; a chart wants about one for two pixels. */
  readonly buckets: number;
}

/**
 * The rows from `fromMs` to `toMs`, and one beyond either end so that lines reach the edge. Where a slice of time holds
 * more rows than it could keep, it keeps those that are the least or the greatest of some column, or the first or last
 * of a gap.
 */
export function thin<C extends string>(ring: SeriesRing<C>, options: ThinOptions<C>): Thinned {
  const { columns, fromMs, toMs } = options;
  const first = Math.max(0, ring.indexFrom(fromMs) - 1);
  const end = Math.min(ring.length, ring.indexFrom(toMs) + 1);
  const keepAll = end - first <= options.buckets * 2;
  const rows = keepAll ? range(first, end) : extremes(ring, options, first, end);
  return {
    times: rows.map((row) => ring.timeAt(row)),
    values: columns.map((column) => rows.map((row) => ring.at(column, row))),
  };
}

function extremes<C extends string>(
  ring: SeriesRing<C>,
  { columns, fromMs, toMs, buckets }: ThinOptions<C>,
  first: number,
  end: number,
): number[] {
  const width = (toMs - fromMs) / buckets;
  const kept: number[] = [];
  for (let start = first; start < end;) {
    const bucket = Math.floor((ring.timeAt(start) - fromMs) / width);
    let stop = start + 1;
    while (stop < end && Math.floor((ring.timeAt(stop) - fromMs) / width) === bucket) stop += 1;
    const chosen = new Set<number>();
    for (const column of columns) chooseOf(ring, column, start, stop, chosen);
    kept.push(...[...chosen].sort((a, b) => a - b));
    start = stop;
  }
  return kept;
}

function chooseOf<C extends string>(
  ring: SeriesRing<C>,
  column: C,
  start: number,
  stop: number,
  chosen: Set<number>,
): void {
  let least = { row: -1, value: Infinity };
  let greatest = { row: -1, value: -Infinity };
  for (let row = start; row < stop; row += 1) {
    const value = ring.at(column, row);
    const before = row === 0 ? null : ring.at(column, row - 1);
    if (row > 0 && (value === null) !== (before === null)) chosen.add(row);
    if (value === null) continue;
    if (value < least.value) least = { row, value };
    if (value > greatest.value) greatest = { row, value };
  }
  if (least.row >= 0) chosen.add(least.row).add(greatest.row);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
