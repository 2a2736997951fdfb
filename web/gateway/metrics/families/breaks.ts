/** Metrics of COW breaks: how many, by whom, how long they take, and how they are counted. Pure. */

import type { CowBreaks__Output } from '../../../../proto/generated/ksmpilot/v1/CowBreaks.js';
import { flag, labelled, single, type Family, type Value } from '../family.js';
import { cumulative, SERVICE_NS } from '../histogram.js';
import { sampleOf, type AgentReading } from '../reading.js';

/** `writer` by the field that counts it. */
const WRITERS = {
  user: 'by_user',
  kernel: 'by_kernel',
  guest: 'by_guest',
  remote: 'by_remote',
  unmerge: 'by_unmerge',
  pin: 'by_pin',
} as const satisfies Readonly<Record<string, keyof CowBreaks__Output>>;

export const BREAK_FAMILIES: readonly Family[] = [
  single(
    'counter',
    'ksmpilot_cow_breaks_total',
    'KSM pages that were copied because of a write or an unmerge, since the start of the agent; exact: cow_ksm of /proc/vmstat.',
    (reading) => sampleOf(reading)?.cow_breaks_total,
  ),
  labelled(
    'counter',
    'ksmpilot_cow_breaks_attributed_total',
    'Those counted one by one, by who wrote; from the COW probe. A writer that the probe cannot see here is absent.',
    ['writer'],
    (reading) => {
      const cow = cowOf(reading);
      if (cow === undefined) return [];
      return Object.entries(WRITERS).map(([writer, field]) => ({ labels: { writer }, value: cow[field] }));
    },
  ),
  single(
    'counter',
    'ksmpilot_cow_breaks_estimated_total',
    'Those charged to processes in proportion to what windows of counting saw; absent while nothing is scaled.',
    (reading) => sampleOf(reading)?.cow_breaks_estimated_total,
  ),
  single(
    'counter',
    'ksmpilot_zero_breaks_total',
    'Writes to zero pages that KSM had placed, since the start of the agent; not part of ksmpilot_cow_breaks_total.',
    (reading) => sampleOf(reading)?.zero_breaks_total,
  ),
  {
    type: 'histogram',
    name: 'ksmpilot_cow_break_service_time_seconds',
    help: 'How long the kernel took for a COW break, of the breaks that were timed.',
    labels: ['by'],
    distributions: (reading) => {
      const time = cowOf(reading)?.service_time;
      if (time === null || time === undefined || time.buckets.length === 0) return [];
      const bars = time.buckets.map(({ upper_ns, count }) => ({ upper: upper_ns ?? null, count }));
      return [{ labels: { by: time.by }, buckets: cumulative(bars, SERVICE_NS) }];
    },
  },
  labelled(
    'gauge',
    'ksmpilot_cow_probe_tier',
    'How COW breaks are counted (docs/probes.md): fentry, kprobe or tracepoint is the label, the value is 1.',
    ['tier'],
    (reading) => {
      const tier = cowOf(reading)?.tier;
      return tier === undefined ? [] : [{ labels: { tier }, value: 1 }];
    },
  ),
  single(
    'gauge',
    'ksmpilot_cow_window_open',
    '1 while a window of counting is open, 0 between windows; absent where all breaks are counted.',
    (reading) => flag(dutyOf(reading)?.open),
  ),
  single(
    'counter',
    'ksmpilot_cow_windows_total',
    'Windows of counting that delivered counts, since the start of the agent.',
    (reading) => dutyOf(reading)?.windows,
  ),
  single(
    'gauge',
    'ksmpilot_cow_window_coverage_ratio',
    'Part of the breaks since the start of the agent that fell into windows.',
    (reading) => dutyOf(reading)?.coverage,
  ),
  single(
    'gauge',
    'ksmpilot_cow_window_cost_cores',
    'What the windows cost in the long run: bpftrace, and the tax on page faults.',
    (reading): Value => dutyOf(reading)?.cost_cores,
  ),
];

function cowOf(reading: AgentReading): CowBreaks__Output | undefined {
  return sampleOf(reading)?.cow ?? undefined;
}

function dutyOf(reading: AgentReading): NonNullable<CowBreaks__Output['duty']> | undefined {
  return cowOf(reading)?.duty ?? undefined;
}
