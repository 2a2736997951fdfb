/** Round numbers for the axes. Pure. */

export interface Ticks {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/** `binary`: bytes, in steps that are whole in KiB, MiB, GiB. */
export type Steps = 'decimal' | 'binary';

/** From 0 (or below, where there are negative values) up, in about `wanted` steps. Nothing known: 0 to 1. */
export function valueTicks(least: number, greatest: number, steps: Steps, wanted = 4): Ticks {
  const low = Number.isFinite(least) ? Math.min(0, least) : 0;
  const high = Number.isFinite(greatest) ? Math.max(0, greatest) : 0;
  if (high === low) return { min: 0, max: 1, ticks: [0] };
  const step = steps === 'binary' ? binaryStep((high - low) / wanted) : decimalStep((high - low) / wanted);
  const from = Math.floor(low / step);
  const to = Math.ceil(high / step);
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => (from + index) * step);
  return { min: from * step, max: to * step, ticks };
}

function decimalStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
}

function binaryStep(rough: number): number {
  return 2 ** Math.ceil(Math.log2(rough) - 1e-9);
}

/** Spans of a chart while less is held than asked for, seconds. */
const SPANS_SEC = [60, 120, 300, 900, 3_600, 21_600];

/**
 * The span that a chart shows, seconds: what was asked for, or the shortest of a few that holds all there is, so that the
 * first minute of an agent fills the chart. In steps, so that the time axis stands still in between.
 */
export function spanSec(heldSec: number, askedSec: number): number {
  return Math.min(askedSec, SPANS_SEC.find((span) => span >= heldSec) ?? askedSec);
}

const TIME_STEPS_SEC = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
];

/** Whole local times between two instants, at most `most`; `utcOffsetMs` is local time less UTC. */
export function timeTicks(fromMs: number, toMs: number, most: number, utcOffsetMs: number): number[] {
  const stepSec = TIME_STEPS_SEC.find((step) => (toMs - fromMs) / 1_000 / step <= most) ?? 172_800;
  const step = stepSec * 1_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((fromMs + utcOffsetMs) / step) * step; at - utcOffsetMs <= toMs; at += step) {
    ticks.push(at - utcOffsetMs);
  }
  return ticks;
}
