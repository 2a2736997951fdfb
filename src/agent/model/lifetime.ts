/** Reads the merge-lifetime histogram. Pure. */

import type { HistogramBucket } from './probe.js';

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
