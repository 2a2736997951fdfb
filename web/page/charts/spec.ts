/** What a chart over time is made of. */

import { bytes, percent, perSecond } from '../format.js';
import type { Steps } from '../scale.js';
import type { Color } from './palette.js';

export interface Axis {
  readonly format: (value: number | null) => string;
  readonly steps: Steps;
}

export interface SeriesSpec {
  /** A column of the chart's source; or several, of which `of` makes one figure for each row. */
  readonly column: string | readonly string[];
  readonly of?: (row: readonly (number | null)[]) => number | null;
  readonly label: string;
  readonly color: Color;
  /** Dashed, so that two lines of a chart differ by more than colour. */
  readonly dashed?: true;
  /** Drawn in the lower of two panels, on the axis `lower`. */
  readonly lower?: true;
  /** In the legend, where it is not the axis's. */
  readonly format?: (value: number | null) => string;
}

export interface ChartSpec {
  /** `saved`: what ids and test ids are made of; each once in a view. */
  readonly id: string;
  readonly title: string;
  readonly axis: Axis;
  /** A second axis below the first, with the same time. */
  readonly lower?: Axis;
  /** lines; areas on top of each other; steps that hold until the next; a point for each row. */
  readonly form: 'lines' | 'stack' | 'steps' | 'points';
  readonly series: readonly SeriesSpec[];
  readonly note?: string;
  /** Two columns of the grid. */
  readonly wide?: true;
}

export const BYTES: Axis = { format: bytes, steps: 'binary' };
export const PER_CENT: Axis = { format: percent, steps: 'decimal' };
export const PER_SECOND: Axis = { format: perSecond, steps: 'decimal' };

/** The columns that a series needs of its source. */
export function columnsOf({ column }: SeriesSpec): readonly string[] {
  return typeof column === 'string' ? [column] : column;
}
