/** Which resolution answers a question about the past, and rows brought to it. Pure. */

import type { HistoryColumn } from '../model/past.js';
import type { Row } from './codec.js';
import { type Layout, ROLLED_GAUGE } from './layout.js';
import { startOf } from './rollup.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './tiers.js';

const { known, mean, min, max } = ROLLED_GAUGE;

/** Spans that people read off an axis, milliseconds. */
const ROUND_SPANS = [
  ...[1, 2, 5, 10, 15, 30].map((sec) => sec * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((days) => days * DAY_MS),
];

/** Start of the oldest row of each tier; undefined: it has none. */
export interface Oldest {
  readonly samples: number | undefined;
  readonly minutes: number | undefined;
  readonly hours: number | undefined;
}

export interface Choice {
  readonly tier: 'samples' | 'minutes' | 'hours';
  /** Time that a point stands for, milliseconds. */
  readonly stepMs: number;
  /** Each row is a point as it is. */
  readonly isAsKept: boolean;
}

/** When the first sample of all that is kept was taken, as exactly as a tier tells: an hour begins before its samples. */
export function firstOf({ samples, minutes, hours }: Oldest): number | undefined {
  let first = hours;
  if (minutes !== undefined && minutes < (first ?? Infinity) + HOUR_MS) first = minutes;
  if (samples !== undefined && samples < (first ?? Infinity) + MINUTE_MS) first = samples;
  return first;
}

/**
 * The finest resolution that gives no more than about `points` points and whose tier reaches back to `fromMs`, or as far
 * as any does.
 *
 * @param intervalMs time between two samples
 */
export function chooseResolution(
  { fromMs, toMs, points }: { fromMs: number; toMs: number; points: number },
  oldest: Oldest,
  intervalMs: number,
): Choice {
  const least = Math.max(0, toMs - fromMs) / points;
  const first = Math.min(...[oldest.samples, oldest.minutes, oldest.hours].map((one) => one ?? Infinity));
  // The start of a minute or an hour is before the first sample in it.
  const reaches = (one: number | undefined, spanMs: number): boolean =>
    one !== undefined && one <= Math.max(fromMs, first + spanMs);
  if (reaches(oldest.samples, HOUR_MS)) {
    if (least <= intervalMs) return { tier: 'samples', stepMs: intervalMs, isAsKept: true };
    const stepMs = roundUp(least);
    if (stepMs < MINUTE_MS) return { tier: 'samples', stepMs: Math.max(stepMs, intervalMs), isAsKept: false };
  }
  if (reaches(oldest.minutes, HOUR_MS)) {
    const stepMs = roundUp(Math.max(least, MINUTE_MS));
    if (stepMs < HOUR_MS) return { tier: 'minutes', stepMs, isAsKept: stepMs === MINUTE_MS };
  }
  const stepMs = roundUp(Math.max(least, HOUR_MS));
  return { tier: 'hours', stepMs, isAsKept: stepMs === HOUR_MS };
}

function roundUp(spanMs: number): number {
  return ROUND_SPANS.find((round) => round >= spanMs) ?? Math.ceil(spanMs / (500 * DAY_MS)) * 500 * DAY_MS;
}

/** One point of one field, as it is put together. */
interface Sum {
  weight: number;
  sum: number;
  least: number;
  most: number;
}

/** Puts rows into points. The rows may come in any order. */
export class Points {
  readonly #layout: Layout;
  readonly #fields: readonly number[];
  readonly #stepMs: number;
  readonly #points = new Map<number, { lastMs: number; readonly sums: Sum[] }>();

  /**
   * @param options.fields names; empty: all. Those that are not kept are left out.
   * @param options.stepMs 0: each row is a point
   */
  constructor(layout: Layout, options: { readonly fields: readonly string[]; readonly stepMs: number }) {
    const wanted = new Set(options.fields);
    this.#layout = layout;
    this.#stepMs = options.stepMs;
    this.#fields = layout.fields.flatMap(({ name }, index) => (wanted.size === 0 || wanted.has(name) ? [index] : []));
  }

  readonly add = ({ timeMs, values }: Row): void => {
    const startMs = this.#stepMs === 0 ? timeMs : startOf(timeMs, this.#stepMs);
    let point = this.#points.get(startMs);
    if (point === undefined) {
      point = {
        lastMs: timeMs,
        sums: this.#fields.map(() => ({ weight: 0, sum: Number.NaN, least: Number.NaN, most: Number.NaN })),
      };
      this.#points.set(startMs, point);
    }
    const isNewer = timeMs >= point.lastMs;
    if (isNewer) point.lastMs = timeMs;
    this.#fields.forEach((field, index) => {
      const sum = point.sums[index];
      if (sum !== undefined) this.#addFigure(sum, field, values, isNewer);
    });
  };

  /** @param withSpread also the least and the most of gauges */
  columns(withSpread: boolean): { readonly timesMs: number[]; readonly columns: HistoryColumn[] } {
    const timesMs = [...this.#points.keys()].sort((a, b) => a - b);
    const columns = this.#fields.map((field, index): HistoryColumn => {
      const sums = timesMs.map((time) => this.#points.get(time)?.sums[index]);
      const isGauge = this.#layout.fields[field]?.kind === 'gauge';
      const figures = (pick: (sum: Sum) => number): number[] =>
        sums.map((sum) => (sum === undefined || sum.weight === 0 ? Number.NaN : pick(sum)));
      return {
        name: this.#layout.fields[field]?.name ?? '',
        mean: figures(({ sum, weight }) => (isGauge ? sum / weight : sum)),
        min: isGauge && withSpread ? figures(({ least }) => least) : [],
        max: isGauge && withSpread ? figures(({ most }) => most) : [],
      };
    });
    return { timesMs, columns };
  }

  #addFigure(sum: Sum, field: number, values: Float64Array, isNewer: boolean): void {
    const at = this.#layout.offsets[field] ?? 0;
    const figure = (index: number): number => values[at + index] ?? Number.NaN;
    const isGauge = this.#layout.fields[field]?.kind === 'gauge';
    const isRolled = isGauge && this.#layout.isRolled;
    const weight = isRolled ? figure(known) : 1;
    const value = figure(isRolled ? mean : 0);
    if (!(weight > 0) || Number.isNaN(value)) return;
    const isFirst = sum.weight === 0;
    if (!isGauge) {
      if (isFirst || isNewer) sum.sum = value;
      sum.weight = 1;
      return;
    }
    const least = isRolled ? figure(min) : value;
    const most = isRolled ? figure(max) : value;
    sum.sum = isFirst ? value * weight : sum.sum + value * weight;
    sum.least = isFirst ? least : Math.min(sum.least, least);
    sum.most = isFirst ? most : Math.max(sum.most, most);
    sum.weight += weight;
  }
}
