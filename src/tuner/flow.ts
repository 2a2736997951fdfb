/**
 * How memory becomes mergeable and stops being so: arrivals (pages per second that ksmd finds to merge) and the merge
 * lifetime. Both from counters that every kernel since 5.19 has, so that no probe is needed; older kernels lack
 * `cow_ksm`, and there the lifetime stays a guess.
 */

import type { Interval } from './reading.js';

/** Full scans that arrivals are averaged over, and the bounds of that in seconds. */
const MEMORY_FULL_SCANS = 6;
const MIN_MEMORY_SEC = 120;
const MAX_MEMORY_SEC = 3600;

/** Seconds over which the present break rate is taken. */
const RECENT_SEC = 30;

/** Merge lifetimes are taken to lie in here, in seconds: beyond an hour the answer of the law no longer changes. */
const MIN_LIFETIME_SEC = 1;
export const MAX_LIFETIME_SEC = 3600;

/** Lifetime supposed where breaks cannot be counted. */
const BLIND_LIFETIME_SEC = 600;

/** Of pages that break, the part supposed to become mergeable again, until merges have been counted. */
const REMERGE_PRIOR = 0.5;

/** Saved memory is supposed to turn over in this time, until merges have been counted. Seconds. */
const TURNOVER_PRIOR_SEC = 7200;

/** The prior weighs as much as this many full scans of counting: an arrival shows after one to two of them. */
const PRIOR_FULL_SCANS = 1.5;

/** A fall of the saving by more than this part in one tick is a guest that ended, not breaks that were noticed. */
const EXIT_SHARE = 0.01;
const EXIT_PAGES = 64;

/** Sums that fade with time. */
export interface FlowState {
  /** Merges, and the seconds and full scans in which they were counted: outside bursts. */
  readonly merges: number;
  readonly seconds: number;
  readonly fullScans: number;
  readonly breaks: number;
  /** Page-seconds merged. */
  readonly exposure: number;
  readonly recentBreaks: number;
  readonly recentSeconds: number;
}

export const initialFlow: FlowState = {
  merges: 0,
  seconds: 0,
  fullScans: 0,
  breaks: 0,
  exposure: 0,
  recentBreaks: 0,
  recentSeconds: 0,
};

export interface FlowContext {
  /** False during a burst: what a burst discovers had gathered before and says nothing of arrivals. */
  readonly countArrivals: boolean;
  readonly savedPages: number;
  readonly mergeablePages: number;
  /** Present full-scan time; null while nothing is scanned. */
  readonly fullScanSec: number | null;
}

export function updateFlow(state: FlowState, interval: Interval, context: FlowContext): FlowState {
  const { seconds } = interval;
  const breaks = interval.breaks ?? 0;
  const span = (context.fullScanSec ?? MAX_MEMORY_SEC) * MEMORY_FULL_SCANS;
  const fade = Math.exp(-seconds / Math.min(MAX_MEMORY_SEC, Math.max(MIN_MEMORY_SEC, span)));
  const recent = Math.exp(-seconds / RECENT_SEC);
  const counting = context.countArrivals;
  const walkedScans = (interval.scanned + interval.skipped) / Math.max(1, context.mergeablePages);
  return {
    merges: counting ? state.merges * fade + mergesIn(interval, context.savedPages) : state.merges,
    seconds: counting ? state.seconds * fade + seconds : state.seconds,
    fullScans: counting ? state.fullScans * fade + walkedScans : state.fullScans,
    breaks: state.breaks * fade + breaks,
    exposure: state.exposure * fade + context.savedPages * seconds,
    recentBreaks: state.recentBreaks * recent + breaks,
    recentSeconds: state.recentSeconds * recent + seconds,
  };
}

/**
 * Merges less breaks noticed is the change of the saving; breaks happen at once and are noticed within a full scan, so
 * over a few full scans merges = change + breaks. May be negative in one tick; only the sum means something.
 */
function mergesIn(interval: Interval, savedPages: number): number {
  const merges = interval.savedDelta + (interval.breaks ?? 0);
  const exit = Math.max(EXIT_PAGES, EXIT_SHARE * savedPages);
  return merges < -exit ? 0 : merges;
}

export interface Flow {
  /** Pages per second that ksmd finds to merge, as seen at the scan rates of that time. */
  readonly arrivals: number;
  readonly arrivalsPlusMinus: number;
  /** Mean full-scan time while they were counted; null before the first half of one. */
  readonly countedAtFullScanSec: number | null;
  /** Breaks per second lately; null where the kernel does not count them. */
  readonly breakRate: number | null;
  /** Mean merge lifetime, by Little's law: merged pages over breaks per second. */
  readonly lifetimeSec: number;
  readonly lifetimePlusMinus: number | null;
}

/**
 * Arrivals are the counted rate and the prior, weighed by the full scans behind them: seconds prove nothing while ksmd
 * has not come round.
 */
export function flow(state: FlowState, savedPages: number, countsBreaks: boolean): Flow {
  const breakRate = state.recentSeconds > 0 ? state.recentBreaks / state.recentSeconds : 0;
  const prior = REMERGE_PRIOR * breakRate + savedPages / TURNOVER_PRIOR_SEC;
  const merges = Math.max(0, state.merges);
  const counted = state.seconds > 0 ? merges / state.seconds : 0;
  const countedError = state.seconds > 0 ? Math.sqrt(merges + 1) / state.seconds : 0;
  const weight = state.fullScans / (state.fullScans + PRIOR_FULL_SCANS);
  const lifetimeSec = countsBreaks ? (state.exposure + MAX_LIFETIME_SEC) / (state.breaks + 1) : BLIND_LIFETIME_SEC;
  return {
    arrivals: weight * counted + (1 - weight) * prior,
    arrivalsPlusMinus: weight * countedError + (1 - weight) * prior,
    countedAtFullScanSec: state.fullScans >= 0.5 ? state.seconds / state.fullScans : null,
    breakRate: countsBreaks ? breakRate : null,
    lifetimeSec: Math.min(MAX_LIFETIME_SEC, Math.max(MIN_LIFETIME_SEC, lifetimeSec)),
    lifetimePlusMinus: countsBreaks ? Math.min(MAX_LIFETIME_SEC, lifetimeSec) / Math.sqrt(state.breaks + 1) : null,
  };
}
