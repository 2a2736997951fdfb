/**
 * How long the kernel takes to break a KSM page: bpftrace's histogram of nanoseconds -> the bars that views show. Pure.
 * Figures read from bars: src/agent/model/quantile.ts.
 */

import type { ServiceBucket, ServiceTime } from '../model/probe.js';
import type { HistEntry } from './line.js';

/**
 * `@service_ns` as bars, in their order. bpftrace's bars are powers of two and include both ends; ours exclude the upper
 * end. Bars without a count are left out, and so is the one below zero: time runs forward.
 */
export function serviceBuckets(entries: readonly HistEntry[]): readonly ServiceBucket[] {
  const buckets = entries.flatMap(({ min, max, count }): ServiceBucket[] => {
    if (count <= 0 || (max !== undefined && max < 0)) return [];
    return [{ lowerNs: min ?? 0, upperNs: max === undefined ? null : max + 1, count }];
  });
  return buckets.sort((a, b) => a.lowerNs - b.lowerNs);
}

/** The bars of several runs as those of one: counts of equal bars are added. */
export function joinServiceBuckets(a: readonly ServiceBucket[], b: readonly ServiceBucket[]): readonly ServiceBucket[] {
  const joined = new Map(a.map((bucket) => [bucket.lowerNs, bucket]));
  for (const bucket of b) {
    const known = joined.get(bucket.lowerNs);
    joined.set(bucket.lowerNs, known === undefined ? bucket : { ...bucket, count: known.count + bucket.count });
  }
  return [...joined.values()].sort((x, y) => x.lowerNs - y.lowerNs);
}

/** undefined where nothing was timed yet: no time is not a time of 0. */
export function serviceTime(by: ServiceTime['by'], buckets: readonly ServiceBucket[]): ServiceTime | undefined {
  return timedBreaks(buckets) === 0 ? undefined : { by, buckets };
}

/** How many breaks the bars hold. */
export function timedBreaks(buckets: readonly ServiceBucket[]): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}
