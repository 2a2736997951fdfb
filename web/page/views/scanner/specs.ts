/** The charts of the scanner's view. */

import { BYTES, PER_CENT, PER_SECOND, type Axis, type ChartSpec } from '../../charts/spec.js';
import { count, duration, nanoseconds, short } from '../../format.js';
import { cpuPer, plannedRate } from '../../scans.js';

const MICROSECONDS: Axis = {
  format: (value) => nanoseconds(value === null ? null : value * 1_000),
  steps: 'decimal',
};
const DURATION: Axis = { format: duration, steps: 'decimal' };
const NUMBER: Axis = { format: short, steps: 'decimal' };

/** One row for each full scan. */
export const SCAN_CHARTS: readonly ChartSpec[] = [
  {
    id: 'scan-time',
    title: 'Full scans: time and CPU',
    axis: DURATION,
    lower: DURATION,
    form: 'points',
    series: [
      { column: 'duration_ms', label: 'took', color: 'blue' },
      { column: 'cpu_ms', label: 'CPU of ksmd', color: 'vermilion', dashed: true, lower: true },
    ],
    note: 'Each point is one walk over all mergeable memory. Above: how long it took; below: the CPU time in it.',
  },
  {
    id: 'scan-pages',
    title: 'Full scans: merged and failed',
    axis: NUMBER,
    lower: NUMBER,
    form: 'points',
    series: [
      { column: 'merges', label: 'merges', color: 'green', format: count },
      { column: 'failures', label: 'failed', color: 'vermilion', dashed: true, lower: true, format: count },
    ],
    note: 'Pages in each scan. Failed: the kernel found an equal page and gave up, as when the page changed meanwhile.',
  },
];

export const SCANNER_CHARTS: readonly ChartSpec[] = [
  {
    id: 'scan',
    title: 'Scan rate: planned and measured',
    axis: PER_SECOND,
    form: 'lines',
    series: [
      { column: 'scan_pages_per_sec', label: 'scanned', color: 'blue' },
      {
        column: ['run', 'pages_to_scan', 'sleep_millisecs'],
        of: plannedRate,
        label: 'planned at most',
        color: 'grey',
        dashed: true,
      },
      { column: 'skipped_pages_per_sec', label: 'skipped', color: 'orange', dashed: true },
    ],
    note: 'Planned: pages_to_scan in each sleep_millisecs, were the batch itself done in no time. Skipped: by smart_scan.',
  },
  {
    id: 'cost',
    title: 'CPU for each page and each merge',
    axis: MICROSECONDS,
    lower: MICROSECONDS,
    form: 'lines',
    series: [
      { column: ['ksmd_cpu_pct', 'scan_pages_per_sec'], of: cpuPer, label: 'each page scanned', color: 'blue' },
      {
        column: ['ksmd_cpu_pct', 'merges_per_sec'],
        of: cpuPer,
        label: 'each merge',
        color: 'vermilion',
        dashed: true,
        lower: true,
      },
    ],
    note: 'All of the CPU of ksmd in an interval, over the pages that it scanned or merged in it.',
  },
  {
    id: 'cpu',
    title: 'CPU of ksmd',
    axis: PER_CENT,
    form: 'lines',
    series: [{ column: 'ksmd_cpu_pct', label: 'ksmd', color: 'vermilion' }],
    note: 'Per cent of one core.',
  },
  {
    id: 'merges',
    title: 'Merges',
    axis: PER_SECOND,
    form: 'lines',
    series: [{ column: 'merges_per_sec', label: 'merges', color: 'blue' }],
    note: 'Pages a second that were mapped to a KSM page or to the zero page.',
  },
  {
    id: 'states',
    title: 'Mergeable memory by state',
    axis: BYTES,
    form: 'stack',
    series: [
      { column: 'shared_bytes', label: 'shared', color: 'blue' },
      { column: 'sharing_bytes', label: 'sharing', color: 'sky' },
      { column: 'zero_bytes', label: 'zero', color: 'green' },
      { column: 'unshared_bytes', label: 'unshared', color: 'grey' },
      { column: 'volatile_bytes', label: 'volatile', color: 'orange' },
    ],
    note: 'Unshared: scanned, without an equal. Volatile: changes too fast; with smart_scan on, also what is skipped.',
  },
  {
    id: 'knobs',
    title: 'Knobs',
    axis: NUMBER,
    lower: DURATION,
    form: 'steps',
    series: [
      { column: 'pages_to_scan', label: 'pages_to_scan', color: 'blue', format: count },
      { column: 'sleep_millisecs', label: 'sleep_millisecs', color: 'purple', lower: true },
    ],
    note: 'Marks below each chart: ● the tuner moved knobs, ○ it would, ▲ somebody else did, ◆ mode, ▸ ◂ memory offered and withdrawn.',
  },
];
