/**
 * How merged memory stops being so: breaks, their hazard and the merge lifetime, from counters that every kernel since 5.19
 * has, so that no probe is needed; older kernels lack `cow_ksm`, and there the lifetime stays a guess. What becomes
 * mergeable is for rounds.ts to tell.
 */

import type { Figure } from './figure.js';
import type { Interval } from './reading.js';
import { initialSaving, scansWalked, unnoticedBreaks, updateSaving, type SavingState } from './saving.js';
import { initialUnvisited, updateUnvisited, type UnvisitedState } from './unvisited.js';

/** Seconds that the hazard is averaged over. */
const MEMORY_SEC = 1800;

/** Seconds over which the present break rate is taken. */
const RECENT_SEC = 30;

/** Merge lifetimes are taken to lie in here, in seconds. */
const MIN_LIFETIME_SEC = 1;
export const MAX_LIFETIME_SEC = 86_400;

/** Page-seconds, with one break in them, that are supposed before the first data. */
const PRIOR_EXPOSURE = 3600;

/** Lifetime supposed where breaks cannot be counted. */
const BLIND_LIFETIME_SEC = 600;

/** Sums that fade with time. */
export interface FlowState {
  readonly breaks: number;
  /** Page-seconds merged. */
  readonly exposure: number;
  readonly recentBreaks: number;
  readonly recentSeconds: number;
  readonly saving: SavingState;
  /** Saved pages of all processes that ended, as far as the gauges lost them. */
  readonly ended: number;
  readonly unvisited: UnvisitedState;
}

export const initialFlow: FlowState = {
  breaks: 0,
  exposure: 0,
  recentBreaks: 0,
  recentSeconds: 0,
  saving: initialSaving,
  ended: 0,
  unvisited: initialUnvisited,
};

export interface FlowContext {
  readonly savedPages: number;
  readonly mergeablePages: number;
}

export function updateFlow(state: FlowState, interval: Interval, context: FlowContext): FlowState {
  const { seconds } = interval;
  const breaks = interval.breaks ?? 0;
  const fade = Math.exp(-seconds / MEMORY_SEC);
  const recent = Math.exp(-seconds / RECENT_SEC);
  const scans = scansWalked(interval, context.mergeablePages);
  const { state: saving, ended } = updateSaving(state.saving, interval, context.savedPages, scans);
  const merged = Math.max(0, (interval.to?.merged ?? context.savedPages) - unnoticedBreaks(saving).value);
  return {
    breaks: state.breaks * fade + breaks,
    exposure: state.exposure * fade + merged * seconds,
    recentBreaks: state.recentBreaks * recent + breaks,
    recentSeconds: state.recentSeconds * recent + seconds,
    saving,
    ended: Math.min(Number.MAX_SAFE_INTEGER, state.ended + ended),
    unvisited: updateUnvisited(state.unvisited, interval, scans),
  };
}

export interface Flow {
  /** Breaks per second lately; null where the kernel does not count them. */
  readonly breakRate: number | null;
  readonly breakRatePlusMinus: number | null;
  /** Breaks per merged page and second; null where the kernel does not count them. */
  readonly hazard: Figure | null;
  /** Pages broken that the gauges still count as merged; null where the kernel does not count breaks. */
  readonly unnoticed: Figure | null;
  /** Mean merge lifetime, by Little's law: merged pages over breaks per second. The inverse of the hazard, bounded. */
  readonly lifetimeSec: number;
  readonly lifetimePlusMinus: number | null;
}

export function flow(state: FlowState, countsBreaks: boolean): Flow {
  const breakRate = state.recentSeconds > 0 ? state.recentBreaks / state.recentSeconds : 0;
  // One break in an hour of one page is the prior: it yields to the first data.
  const hazard = (state.breaks + 1) / (state.exposure + PRIOR_EXPOSURE);
  const hazardPlusMinus = hazard / Math.sqrt(state.breaks + 1);
  const lifetimeSec = countsBreaks ? 1 / hazard : BLIND_LIFETIME_SEC;
  return {
    breakRate: countsBreaks ? breakRate : null,
    breakRatePlusMinus: countsBreaks ? Math.sqrt(state.recentBreaks + 1) / Math.max(1, state.recentSeconds) : null,
    hazard: countsBreaks ? { value: hazard, plusMinus: hazardPlusMinus } : null,
    unnoticed: countsBreaks ? unnoticedBreaks(state.saving) : null,
    lifetimeSec: Math.min(MAX_LIFETIME_SEC, Math.max(MIN_LIFETIME_SEC, lifetimeSec)),
    lifetimePlusMinus: countsBreaks ? Math.min(MAX_LIFETIME_SEC, lifetimeSec) / Math.sqrt(state.breaks + 1) : null,
  };
}
