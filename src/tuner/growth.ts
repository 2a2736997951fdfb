/**
 * Has new mergeable memory appeared, and does it still grow? From the bytes that processes offer, or, where the host
 * cannot say, from the pages that ksmd knows plus the processes that entered KSM.
 */

/** A saved page is supposed to stay saved this long when a burst is weighed. Seconds. */
export const GAIN_HORIZON_SEC = 600;

/** Of newly offered pages, the part supposed to merge, until bursts have shown it: guests of one image share half. */
const YIELD_PRIOR = 0.5;

/** Standard deviation of that: anything from nothing to all. */
const YIELD_PRIOR_SD = 0.3;

/** Part of a page's saving by which the yield of one burst differs from the next for reasons of its own. */
const YIELD_SCATTER_SD = 0.05;

/** The yield is never believed to be less: a host whose guests changed is found again. */
const MIN_YIELD = 0.02;

/** Pages (2 MiB) below which growth is noise of the processes' own heaps. */
const MIN_GROWTH_PAGES = 512;

/** Steps of growth that count as "still growing" are this part of a growth worth a burst, at least MIN_STEP_PAGES. */
const STEP_SHARE = 1 / 8;
const MIN_STEP_PAGES = 256;

/** Seconds over which the rate of growth is taken. */
const RATE_SEC = 3;

/**
 * Milliseconds without a step after which growth has settled: one quiet sample, of a second or, while it grows, of half a
 * second. A second one would cost the saving as much, and a burst that starts too early as much of the cap.
 */
const SETTLE_MS = 450;

export interface GrowthState {
  /** Offered pages that have been visited twice, as far as known: growth is counted from here. */
  readonly base: number;
  /** Offered pages at the last step of growth. */
  readonly stepLevel: number;
  /** Monotonic milliseconds of the last step; null before the first. */
  readonly stepAtMs: number | null;
  readonly lastLevel: number | null;
  /** Pages per second, and the variance of that from tick to tick. */
  readonly rate: number;
  readonly rateVariance: number;
  readonly entered: number | null;
  /** Part of newly offered pages that bursts merged. */
  readonly yield: number;
  /** Bursts that taught it, and the weighted square of how far each was from what was believed. */
  readonly yieldBursts: number;
  readonly yieldVariance: number;
}

export const initialGrowth: GrowthState = {
  base: 0,
  stepLevel: 0,
  stepAtMs: null,
  lastLevel: null,
  rate: 0,
  rateVariance: 0,
  entered: null,
  yield: YIELD_PRIOR,
  yieldBursts: 0,
  yieldVariance: YIELD_PRIOR_SD ** 2,
};

export interface GrowthInput {
  readonly nowMs: number;
  readonly seconds: number;
  /** Offered pages, or known pages where `offeredKnown` is false. */
  readonly level: number;
  /** Pages that ksmd has visited: at the first look, what it has not visited counts as new. */
  readonly knownPages: number;
  readonly offeredKnown: boolean;
  readonly entered: number | null;
  /** Pages walked since the last tick, and all mergeable pages. */
  readonly walked: number;
  readonly mergeablePages: number;
  readonly fullScanCpuSec: number;
  /** Core-seconds per page-second. */
  readonly worth: number;
}

export interface Growth {
  readonly state: GrowthState;
  /** Pages offered since the last burst or since they were last walked twice. */
  readonly grown: number;
  /** Growth from which two full scans pay: their CPU over what a new page is expected to bring. */
  readonly worthwhile: number;
  /** A step of growth happened in this tick. */
  readonly stepped: boolean;
  /** A process offered memory, and how much cannot be seen. */
  readonly blindEntry: boolean;
  /** Pages per second while it still grows, 0 once settled. */
  readonly growing: number;
}

export function updateGrowth(state: GrowthState, input: GrowthInput): Growth {
  const { level, nowMs } = input;
  const gain = state.yield * input.worth * GAIN_HORIZON_SEC;
  const worthwhile = Math.max(MIN_GROWTH_PAGES, gain > 0 ? (2 * input.fullScanCpuSec) / gain : Infinity);
  const step = Math.max(MIN_STEP_PAGES, Math.min(worthwhile, level) * STEP_SHARE);
  const rise = Math.max(0, level - (state.lastLevel ?? level));
  const blend = 1 - Math.exp(-Math.max(0, input.seconds) / RATE_SEC);
  const rate = input.seconds > 0 ? state.rate + blend * (rise / input.seconds - state.rate) : state.rate;
  const surprise = input.seconds > 0 ? rise / input.seconds - state.rate : 0;
  const rateVariance = (1 - blend) * (state.rateVariance + blend * surprise * surprise);
  // Pages walked twice are no longer new: the base follows the level at that pace, and at once when memory goes.
  const seen = input.mergeablePages > 0 ? 1 - Math.exp(-input.walked / (2 * input.mergeablePages)) : 0;
  const from = state.lastLevel === null ? Math.min(level, input.knownPages) : state.base;
  const base = Math.min(level, from + Math.max(0, level - from) * seen);
  const low = state.lastLevel === null ? level : Math.min(state.stepLevel, level);
  const stepped = level - low >= step;
  const blindEntry =
    !input.offeredKnown && input.entered !== null && state.entered !== null && input.entered > state.entered;
  const stepAtMs = stepped || blindEntry ? nowMs : state.stepAtMs;
  const settled = stepAtMs === null || !(nowMs - stepAtMs < SETTLE_MS);
  return {
    state: {
      ...state,
      base,
      stepLevel: stepped ? level : low,
      stepAtMs,
      lastLevel: level,
      rate,
      rateVariance,
      entered: input.entered,
    },
    grown: level - base,
    worthwhile,
    stepped,
    blindEntry,
    growing: settled ? 0 : rate,
  };
}

/** After a burst: what was offered counts as seen, and its yield is learned by halves. */
export function closeGrowth(state: GrowthState, level: number, grownPages: number, savedGain: number): GrowthState {
  const seen = grownPages >= MIN_GROWTH_PAGES;
  const closed = { ...state, base: level, stepLevel: level };
  if (!seen) return closed;
  const observed = Math.min(1, Math.max(MIN_YIELD, savedGain / Math.max(1, grownPages)));
  return {
    ...closed,
    yield: (state.yield + observed) / 2,
    yieldBursts: state.yieldBursts + 1,
    yieldVariance: state.yieldVariance / 4 + (observed - state.yield) ** 2 / 4,
  };
}

/** One standard deviation of the yield: the prior's halves with each burst, and what they differed by stays for a while. */
export function yieldPlusMinus(state: GrowthState): number {
  return Math.sqrt(state.yieldVariance + YIELD_SCATTER_SD ** 2);
}
