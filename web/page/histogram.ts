/** Histograms as bars and in words. Pure. */

import type { HistogramBucket__Output } from '../../proto/generated/ksmpilot/v1/HistogramBucket.js';
import type { ServiceTime__Output } from '../../proto/generated/ksmpilot/v1/ServiceTime.js';
import { count, duration, nanoseconds } from './format.js';

export interface Bar {
  readonly label: string;
  readonly count: number;
}

/** The bars from the first to the last that counted anything. */
export function trimmed<B extends { readonly count: number }>(bars: readonly B[]): readonly B[] {
  const first = bars.findIndex((bar) => bar.count > 0);
  const last = bars.findLastIndex((bar) => bar.count > 0);
  return first < 0 ? [] : bars.slice(first, last + 1);
}

export function lifetimeBars(buckets: readonly HistogramBucket__Output[]): readonly Bar[] {
  return buckets.map(({ lower_ms: lower, upper_ms: upper, count: counted }) => ({
    label: upper === undefined ? `≥ ${duration(lower)}` : `< ${duration(upper)}`,
    count: counted,
  }));
}

export function serviceBars({ buckets }: ServiceTime__Output): readonly Bar[] {
  return buckets.map(({ lower_ns: lower, upper_ns: upper, count: counted }) => ({
    label: upper === undefined ? `≥ ${nanoseconds(lower)}` : `< ${nanoseconds(upper)}`,
    count: counted,
  }));
}

/** How many were timed; undefined where none can be. */
export function timed(buckets: readonly { readonly count: number }[]): number | undefined {
  return buckets.length === 0 ? undefined : buckets.reduce((sum, bucket) => sum + bucket.count, 0);
}

/** How many were timed, and by when half of them were over. */
export function lifetimeSentence(
  buckets: readonly HistogramBucket__Output[],
  sampledOneIn: number | undefined,
): string {
  const total = timed(buckets);
  if (total === undefined && sampledOneIn === undefined) return 'Lifetimes are known only while the probes run.';
  if (total === undefined || total === 0) return 'No merge has ended yet that was timed.';
  let seen = 0;
  const middle = buckets.find((bucket) => (seen += bucket.count) * 2 >= total);
  const half =
    middle?.upper_ms === undefined
      ? `half lasted ${duration(middle?.lower_ms)} or longer`
      : `half were over within ${duration(middle.upper_ms)}`;
  const sampled = sampledOneIn !== undefined && sampledOneIn > 1 ? `; one page in ${count(sampledOneIn)} is timed` : '';
  return `${count(total)} merges timed from merge to break; ${half}${sampled}.`;
}

const TIMED_BY: Readonly<Record<string, string>> = {
  fentry: 'from entry to return of do_wp_page',
  kretprobe: 'from entry to return of do_wp_page',
  'minor-fault': 'from the fault to its end, in some windows',
};

/** How many breaks were timed, how, and how long half and nearly all of them took. */
export function serviceSentence(service: ServiceTime__Output | undefined): string {
  const total = timed(service?.buckets ?? []);
  if (service === undefined || total === undefined) return 'How long the kernel takes to break a page: not timed yet.';
  const how = TIMED_BY[service.by] ?? `by ${service.by}`;
  const shares = [
    ...(service.p50_ns === undefined ? [] : [`half took less than ${nanoseconds(service.p50_ns)}`]),
    ...(service.p99_ns === undefined ? [] : [`99 % less than ${nanoseconds(service.p99_ns)}`]),
  ];
  return `${[`${count(total)} breaks timed ${how}`, ...(shares.length === 0 ? [] : [shares.join(', ')])].join('; ')}.`;
}
