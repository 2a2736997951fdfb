/** Merge lifetimes: how they are counted, and what is read from the counts. Pure. */

import type { HistogramBucket, LifetimeBars } from './probe.js';

/** So many ages bpf/parts/lifetime.bt tells apart. */
export const BARS = 36;

export const NO_BARS: LifetimeBars = Array.from({ length: BARS }, () => 0);

export function barOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(BARS - 1, Math.floor(Math.log2(Math.floor(ms))) + 1);
}

export function addBars(a: LifetimeBars, b: LifetimeBars): LifetimeBars {
  return a.map((count, bar) => count + (b[bar] ?? 0));
}

/** In ascending order, without empty ones. */
export function bucketsOf(bars: LifetimeBars): HistogramBucket[] {
  return bars.flatMap((count, bar) => {
    if (count === 0) return [];
    return [{ lowerMs: bar === 0 ? 0 : 2 ** (bar - 1), upperMs: bar === BARS - 1 ? null : 2 ** bar, count }];
  });
}

/** Fewer timed breaks than this say nothing of a median. */
const ENOUGH = 20;

/**
 * Median lifetime, in seconds, of the merges that ended between two readings of the cumulative histogram; null when too
 * few did. The middle of the median's bucket, by the geometric mean: buckets double.
 *
 * @param earlier empty to count from the start
 */
export function medianLifetimeSec(now: readonly HistogramBucket[], earlier: readonly HistogramBucket[]): number | null {
  const before = new Map(earlier.map(({ lowerMs, count }) => [lowerMs, count]));
  const ended = now
    .map((bucket) => ({ ...bucket, count: Math.max(0, bucket.count - (before.get(bucket.lowerMs) ?? 0)) }))
    .sort((a, b) => a.lowerMs - b.lowerMs);
  const total = ended.reduce((sum, { count }) => sum + count, 0);
  if (total < ENOUGH) return null;
  let seen = 0;
  for (const { lowerMs, upperMs, count } of ended) {
    seen += count;
    if (seen * 2 >= total) return middleMs(lowerMs, upperMs) / 1000;
  }
  return null;
}

function middleMs(lowerMs: number, upperMs: number | null): number {
  if (upperMs === null) return lowerMs;
  return lowerMs === 0 ? upperMs / 2 : Math.sqrt(lowerMs * upperMs);
}
