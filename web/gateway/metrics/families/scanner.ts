/** Metrics of the scanner: what ksmd does, and the knobs as they stand. Pure. */

import type { Knobs__Output } from '../../../../proto/generated/ksmpilot/v1/Knobs.js';
import { dividedBy, labelled, single, type Family, type PointFamily, type Value } from '../family.js';
import { cumulative, LIFETIME_MS } from '../histogram.js';
import { sampleOf, type AgentReading } from '../reading.js';

export const SCANNER_FAMILIES: readonly Family[] = [
  single(
    'counter',
    'ksmpilot_ksmd_cpu_seconds_total',
    'CPU time of ksmd since it was started (/proc/PID/schedstat); its rate is in cores.',
    (reading) => sampleOf(reading)?.ksmd_cpu_sec_total,
  ),
  single(
    'counter',
    'ksmpilot_pages_scanned_total',
    'Pages scanned since boot: pages_scanned, kernel 6.6 and newer.',
    (reading) => sampleOf(reading)?.pages_scanned_total,
  ),
  single(
    'counter',
    'ksmpilot_pages_skipped_total',
    'Pages left out by smart_scan since boot: pages_skipped, kernel 6.7 and newer.',
    (reading) => sampleOf(reading)?.pages_skipped_total,
  ),
  single(
    'counter',
    'ksmpilot_full_scans_total',
    'Walks over all mergeable memory since the start of the agent; from the scanner probe.',
    (reading) => sampleOf(reading)?.full_scans_total,
  ),
  single(
    'counter',
    'ksmpilot_merges_total',
    'Pages merged since the start of the agent, zero-page merges included; from the scanner probe.',
    (reading) => sampleOf(reading)?.merges_total,
  ),
  {
    type: 'histogram',
    name: 'ksmpilot_merge_lifetime_seconds',
    help: 'Ages at which merged pages were broken, of the merges that are timed; from the COW probe.',
    labels: [],
    distributions: (reading) => {
      const bars = sampleOf(reading)?.merge_lifetime ?? [];
      if (bars.length === 0) return [];
      const counted = bars.map(({ upper_ms, count }) => ({ upper: upper_ms ?? null, count }));
      return [{ buckets: cumulative(counted, LIFETIME_MS) }];
    },
  },
  single('gauge', 'ksmpilot_merge_lifetime_sampled_ratio', 'Part of the merged pages that are timed.', (reading) => {
    const oneIn = sampleOf(reading)?.lifetime_sampled_one_in ?? 0;
    return oneIn > 0 ? 1 / oneIn : undefined;
  }),
  knob('run', 'run: 0 stopped, 1 running, 2 unmerge everything.', ({ run }) => run),
  knob('pages_to_scan', 'pages_to_scan: pages a batch.', ({ pages_to_scan }) => pages_to_scan),
  knob('sleep_seconds', 'sleep_millisecs in seconds: time between two batches.', ({ sleep_millisecs }) =>
    dividedBy(sleep_millisecs, 1e3),
  ),
  knob(
    'smart_scan',
    'smart_scan: 1 where pages that did not merge lately are skipped.',
    ({ smart_scan }) => smart_scan,
  ),
  knob(
    'use_zero_pages',
    "use_zero_pages: 1 where all-zero pages go to the kernel's zero page.",
    ({ use_zero_pages }) => use_zero_pages,
  ),
  knob(
    'merge_across_nodes',
    'merge_across_nodes: 0 where each NUMA node has its own KSM pages.',
    ({ merge_across_nodes }) => merge_across_nodes,
  ),
  knob(
    'max_page_sharing',
    'max_page_sharing: most mappings of one KSM page.',
    ({ max_page_sharing }) => max_page_sharing,
  ),
  labelled(
    'gauge',
    'ksmpilot_knob_advisor',
    "The kernel's own advisor: advisor_mode is the label, the value is 1.",
    ['advisor'],
    (reading) => {
      const advisor = sampleOf(reading)?.knobs?.advisor_mode;
      return advisor === undefined ? [] : [{ labels: { advisor }, value: 1 }];
    },
  ),
];

function knob(name: string, help: string, value: (knobs: Knobs__Output) => Value): PointFamily {
  return single('gauge', `ksmpilot_knob_${name}`, `Knob ${help}`, (reading: AgentReading) => {
    const knobs = sampleOf(reading)?.knobs;
    return knobs === null || knobs === undefined ? undefined : value(knobs);
  });
}
