/** The charts of the overview. */

import { signedCores } from '../../format.js';
import { BYTES, PER_CENT, type ChartSpec } from '../../charts/spec.js';

export const OVERVIEW_CHARTS: readonly ChartSpec[] = [
  {
    id: 'saved',
    title: 'Saved memory',
    axis: BYTES,
    form: 'lines',
    series: [
      { column: 'saved_bytes', label: 'saved', color: 'blue' },
      { column: 'profit_bytes', label: 'profit', color: 'green', dashed: true },
    ],
    note: 'Profit is the saving less the memory that ksmd needs for its own records.',
  },
  {
    id: 'cpu',
    title: 'CPU of ksmd',
    axis: PER_CENT,
    form: 'lines',
    series: [
      { column: 'ksmd_cpu_pct', label: 'ksmd', color: 'vermilion' },
      { column: 'cpu_pressure_pct', label: 'cpu pressure', color: 'grey', dashed: true },
    ],
    note: 'Per cent of one core. Pressure: share of the last 10 s in which some task of the host waited for a CPU.',
  },
  {
    id: 'net',
    title: 'Net worth',
    axis: { format: (value) => signedCores(value), steps: 'decimal' },
    form: 'lines',
    series: [{ column: 'net_cores', label: 'net', color: 'green' }],
    note: 'Cores: what the saving is worth at your price, less the CPU of ksmd. Below 0, merging costs more than it saves.',
  },
  {
    id: 'risk',
    title: 'If everything unmerged at once',
    axis: BYTES,
    form: 'lines',
    series: [
      { column: 'unmerge_needed_bytes', label: 'needed', color: 'vermilion' },
      { column: 'unmerge_usable_bytes', label: 'usable', color: 'blue', dashed: true },
    ],
    note: 'Usable: memory that is available, less a margin; swap does not count. Needed above usable would not fit.',
  },
];
