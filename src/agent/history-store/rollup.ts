/** Samples to minutes, minutes to hours. Pure. */

import type { Row } from './codec.js';
import { type Layout, makeLayout, ROLLED_GAUGE } from './layout.js';

const { known, mean, min, max } = ROLLED_GAUGE;

/**
 * Gathers rows of one span of time, series by series. What it is given may be samples or rows that are rolled up
 * already: a mean is weighted with the samples in which the figure was known.
 */
export class Gathering {
  readonly startMs: number;
  readonly layout: Layout;
  readonly #fieldCount: number;
  readonly #isGauge: readonly boolean[];
  /** As the rows to be, with sums in place of means. */
  readonly #sums = new Map<number, Float64Array>();

  /** @param layout of the rows that come out: rolled up */
  constructor(startMs: number, layout: Layout) {
    this.startMs = startMs;
    this.layout = layout;
    this.#fieldCount = layout.fields.length;
    this.#isGauge = layout.fields.map(({ kind }) => kind === 'gauge');
  }

  /** @param values one figure a field, NaN where not known */
  addSample(series: number, values: Float64Array): void {
    const sums = this.#of(series);
    for (let field = 0; field < this.#fieldCount; field += 1) {
      const value = values[field] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      this.#put(sums, field, 1, value, value, value);
    }
  }

  /** @param values in the order of `layout` */
  addRolled(series: number, values: Float64Array): void {
    const sums = this.#of(series);
    for (let field = 0; field < this.#fieldCount; field += 1) {
      const at = this.layout.offsets[field] ?? 0;
      const figure = (index: number): number => values[at + index] ?? Number.NaN;
      if (this.#isGauge[field] !== true) {
        if (Number.isFinite(figure(0))) this.#put(sums, field, 1, figure(0), 0, 0);
      } else if (figure(known) > 0) {
        this.#put(sums, field, figure(known), figure(mean) * figure(known), figure(min), figure(max));
      }
    }
  }

  rows(): Row[] {
    return [...this.#sums].map(([series, sums]) => ({ series, timeMs: this.startMs, values: this.#finish(sums) }));
  }

  #of(series: number): Float64Array {
    let sums = this.#sums.get(series);
    if (sums === undefined) {
      sums = new Float64Array(this.layout.columns.length).fill(Number.NaN);
      for (let field = 0; field < this.#fieldCount; field += 1) {
        if (this.#isGauge[field] === true) sums[(this.layout.offsets[field] ?? 0) + known] = 0;
      }
      this.#sums.set(series, sums);
    }
    return sums;
  }

  #put(sums: Float64Array, field: number, count: number, sum: number, least: number, most: number): void {
    const at = this.layout.offsets[field] ?? 0;
    if (this.#isGauge[field] !== true) {
      sums[at] = sum;
      return;
    }
    const before = sums[at + known] ?? 0;
    sums[at + known] = before + count;
    sums[at + mean] = before === 0 ? sum : (sums[at + mean] ?? 0) + sum;
    sums[at + min] = before === 0 ? least : Math.min(sums[at + min] ?? least, least);
    sums[at + max] = before === 0 ? most : Math.max(sums[at + max] ?? most, most);
  }

  #finish(sums: Float64Array): Float64Array {
    const values = sums.slice();
    for (let field = 0; field < this.#fieldCount; field += 1) {
      if (this.#isGauge[field] !== true) continue;
      const at = this.layout.offsets[field] ?? 0;
      values[at + mean] = (sums[at + mean] ?? 0) / (sums[at + known] ?? 0);
    }
    return values;
  }
}

/** The layout that samples of `layout` roll up to. */
export function rolledLayout(layout: Layout): Layout {
  return makeLayout(layout.fields, true);
}

export function startOf(timeMs: number, spanMs: number): number {
  return Math.floor(timeMs / spanMs) * spanMs;
}
