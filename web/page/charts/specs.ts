/** The charts over time, in the order of the page. A new one is a new entry here (and a column in ../columns.ts). */

import type { Column } from '../columns.js';
import { bytes, count, duration, percent, perSecond, short } from '../format.js';
import type { Steps } from '../scale.js';
import type { Color } from './palette.js';

export interface Axis {
  readonly format: (value: number | null) => string;
  readonly steps: Steps;
}

export interface SeriesSpec {
  readonly column: Column;
  readonly label: string;
  readonly color: Color;
  /** Dashed, so that two lines of a chart differ by more than colour. */
  readonly dashed?: true;
  /** Drawn in the lower of two panels, on the axis `lower`. */
  readonly lower?: true;
}

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  readonly axis: Axis;
  /** A second axis below the first, with the same time. */
  readonly lower?: Axis;
  /** lines; areas on top of each other; steps that hold until the next. */
  readonly form: 'lines' | 'stack' | 'steps';
  readonly series: readonly SeriesSpec[];
  readonly note?: string;
  /** Draw the tuner's decisions as vertical marks. */
  readonly marks?: true;
}

const BYTES: Axis = { format: bytes, steps: 'binary' };
const PER_CENT: Axis = { format: percent, steps: 'decimal' };
const PER_SECOND: Axis = { format: perSecond, steps: 'decimal' };

export const CHARTS: readonly ChartSpec[] = [
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
    note: 'With smart_scan on, the kernel counts pages that it skips as volatile.',
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
    id: 'scan',
    title: 'Scan rate',
    axis: PER_SECOND,
    form: 'lines',
    series: [
      { column: 'scan_pages_per_sec', label: 'scanned', color: 'blue' },
      { column: 'skipped_pages_per_sec', label: 'skipped', color: 'orange', dashed: true },
    ],
    note: 'Pages a second. smart_scan skips pages that did not merge on earlier visits.',
  },
  {
    id: 'merges',
    title: 'Merges and COW breaks',
    axis: PER_SECOND,
    form: 'lines',
    series: [
      { column: 'merges_per_sec', label: 'merges', color: 'blue' },
      { column: 'cow_breaks_per_sec', label: 'COW breaks', color: 'vermilion', dashed: true },
    ],
    note: 'Breaks since the agent started: not known.',
  },
];

/** Drawn apart from the others: wider, and with marks. */
export const KNOBS_CHART: ChartSpec = {
  id: 'knobs',
  title: 'Knobs and decisions',
  axis: { format: short, steps: 'decimal' },
  lower: { format: duration, steps: 'decimal' },
  form: 'steps',
  series: [
    { column: 'pages_to_scan', label: 'pages_to_scan', color: 'blue' },
    { column: 'sleep_millisecs', label: 'sleep_millisecs', color: 'purple', lower: true },
  ],
  note: 'Marks: ● the tuner wrote, ○ it would write (advise), ▲ somebody else wrote. Point at one to read why.',
  marks: true,
};

/** Legends show knobs in full. */
export function legendFormat(spec: ChartSpec, series: SeriesSpec): (value: number | null) => string {
  if (spec.form === 'steps') return series.lower === true ? (value) => duration(value) : count;
  return spec.axis.format;
}
