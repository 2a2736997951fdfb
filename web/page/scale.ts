/** Round numbers for the axes. Pure. */

export interface Ticks {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/** `binary`: bytes, in steps that are whole in KiB, MiB, GiB. */
export type Steps = 'decimal' | 'binary';

/**
 * From 0 up, in about `wanted` steps; nothing known: 0 to 1. Negative values get room in quarters of a step, so that a dip
 * a little below 0 does not take a fifth of the chart; their ticks are full steps that fit.
 */
export function valueTicks(least: number, greatest: number, steps: Steps, wanted = 4): Ticks {
  const low = Number.isFinite(least) ? Math.min(0, least) : 0;
  const high = Number.isFinite(greatest) ? Math.max(0, greatest) : 0;
  if (high === low) return { min: 0, max: 1, ticks: [0] };
  const step = steps === 'binary' ? binaryStep((high - low) / wanted) : decimalStep((high - low) / wanted);
  const min = (Math.floor((low / step) * 4) / 4) * step;
  const from = Math.ceil(min / step) + 0;
  const to = Math.ceil(high / step);
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => (from + index) * step);
  return { min, max: to * step, ticks };
}

function decimalStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
}

function binaryStep(rough: number): number {
  return 2 ** Math.ceil(Math.log2(rough) - 1e-9);
}

const MINUTE_MS = 60_000;
/** Spans of a chart while less is there than asked for, minutes. */
const SPANS_MIN = [1, 2, 5, 15, 60, 360, 1_440, 10_080, 43_200, 129_600, 527_040];

/**
 * The span that a chart shows, milliseconds: what was asked for, or the shortest of a few that holds all there is, so that
 * the first minute of an agent fills the chart. In steps, so that the time axis stands still in between.
 */
export function shownSpan(thereMs: number, askedMs: number): number {
  const least = SPANS_MIN.find((span) => span * MINUTE_MS >= thereMs);
  return Math.min(askedMs, least === undefined ? askedMs : least * MINUTE_MS);
}
