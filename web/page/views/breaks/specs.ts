/** The charts and histograms of the breaks' view. */

import type { HistogramSpec } from '../../charts/histogram-panel.js';
import { PER_SECOND, type ChartSpec } from '../../charts/spec.js';
import { duration } from '../../format.js';
import { lifetimeBars, lifetimeSentence, serviceBars, serviceSentence } from '../../histogram.js';

export const BREAKS_CHARTS: readonly ChartSpec[] = [
  {
    id: 'breaks',
    title: 'COW breaks and merges',
    axis: PER_SECOND,
    lower: PER_SECOND,
    form: 'lines',
    series: [
      { column: 'cow_breaks_per_sec', label: 'COW breaks', color: 'vermilion' },
      { column: 'merges_per_sec', label: 'merges', color: 'blue', dashed: true, lower: true },
    ],
    note: 'Breaks since the agent started: not known.',
  },
  {
    id: 'lifetime-p50',
    title: 'Merge lifetime over time',
    axis: { format: duration, steps: 'decimal' },
    form: 'lines',
    series: [{ column: 'merge_lifetime_p50_ms', label: 'half ended by', color: 'purple' }],
    note: 'Half of the timed merges that ended had ended by this age. Since the agent started, in steps of its bars.',
  },
];

export const HISTOGRAMS: readonly HistogramSpec[] = [
  {
    id: 'lifetime',
    title: 'Merge lifetime',
    legend: 'merges that ended',
    color: 'purple',
    wide: true,
    empty: 'No lifetime measured yet',
    bars: ({ lifetime }) => lifetimeBars(lifetime),
    note: ({ lifetime, sample }) => lifetimeSentence(lifetime, sample?.lifetime_sampled_one_in),
  },
  {
    id: 'service',
    title: 'Time of a COW break',
    legend: 'breaks timed',
    color: 'orange',
    empty: 'No break timed yet',
    bars: ({ serviceTime }) => (serviceTime === undefined ? [] : serviceBars(serviceTime)),
    note: ({ serviceTime }) => serviceSentence(serviceTime),
  },
];
