/** The merge-lifetime histogram in words. Pure. */

import type { HistogramBucket__Output } from '../../proto/generated/ksmpilot/v1/HistogramBucket.js';
import { count, duration } from './format.js';

/** The buckets from the first to the last that counted anything. */
export function trimmed(buckets: readonly HistogramBucket__Output[]): readonly HistogramBucket__Output[] {
  const first = buckets.findIndex((bucket) => bucket.count > 0);
  const last = buckets.findLastIndex((bucket) => bucket.count > 0);
  return first < 0 ? [] : buckets.slice(first, last + 1);
}

export function bucketLabel(bucket: HistogramBucket__Output): string {
  if (bucket.upper_ms === undefined) return `≥ ${duration(bucket.lower_ms)}`;
  return `< ${duration(bucket.upper_ms)}`;
}

/** How many merges were timed; undefined where none can be. */
export function timedMerges(buckets: readonly HistogramBucket__Output[]): number | undefined {
  return buckets.length === 0 ? undefined : buckets.reduce((sum, bucket) => sum + bucket.count, 0);
}

/** How many were timed, and by when half of them were over. */
export function lifetimeSentence(
  buckets: readonly HistogramBucket__Output[],
  sampledOneIn: number | undefined,
): string {
  const total = timedMerges(buckets);
  if (total === undefined) return 'Lifetimes are known only while the probes run.';
  if (total === 0) return 'No merge has ended yet that was timed.';
  let seen = 0;
  const middle = buckets.find((bucket) => (seen += bucket.count) * 2 >= total);
  const half =
    middle?.upper_ms === undefined
      ? `half lasted ${duration(middle?.lower_ms)} or longer`
      : `half were over within ${duration(middle.upper_ms)}`;
  const sampled = sampledOneIn !== undefined && sampledOneIn > 1 ? `; one page in ${count(sampledOneIn)} is timed` : '';
  return `${count(total)} merges timed from merge to break; ${half}${sampled}.`;
}
