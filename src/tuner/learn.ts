/** What one more interval teaches: each function takes the state and gives one part of the next. */

import { updateBurst, type BurstStep } from './burst.js';
import { updateCap, type CapState } from './cap.js';
import { updateCost } from './cost.js';
import { estimate, type Estimates } from './estimate.js';
import { updateFlow } from './flow.js';
import { GAIN_HORIZON_SEC, updateGrowth, type Growth } from './growth.js';
import { knownPages, type Interval, type Reading } from './reading.js';
import type { TunerState } from './state.js';
import type { Observation, TunerSettings } from './types.js';

/** One tick's facts, as read and checked. */
export interface Tick {
  readonly observation: Observation;
  readonly reading: Reading;
  /** Null when no difference can be taken. */
  readonly interval: Interval | null;
  /** Sane. */
  readonly settings: TunerSettings;
}

export function learn(state: TunerState, { observation, reading, interval }: Tick): TunerState {
  if (interval === null) return { ...state, previous: reading };
  return {
    ...state,
    previous: reading,
    cost: updateCost(state.cost, interval, state.fullScanCpuSec),
    flow: updateFlow(state.flow, interval, {
      countArrivals: !state.burst.active,
      savedPages: reading.savedPages,
      mergeablePages: knownPages(observation),
      fullScanSec: state.fullScanSec,
    }),
    walkedSinceMove: Math.min(Number.MAX_SAFE_INTEGER, state.walkedSinceMove + interval.scanned + interval.skipped),
  };
}

export function estimateAt(state: TunerState, { observation, reading, settings }: Tick): Estimates {
  const { cost, flow, cap, burst } = state;
  const growing = burst.active && burst.fullScans < 1;
  return estimate({ observation, reading, settings, cost, flow, cap, growing });
}

export function growthAt(state: TunerState, { observation, interval }: Tick, e: Estimates): Growth {
  return updateGrowth(state.growth, {
    nowMs: observation.monoMs,
    seconds: interval?.seconds ?? 0,
    level: e.level,
    knownPages: knownPages(observation),
    offeredKnown: e.offeredKnown,
    entered: observation.entered,
    walked: interval === null ? 0 : interval.scanned + interval.skipped,
    mergeablePages: e.mergeablePages,
    fullScanCpuSec: e.fullScanCpuSec,
    worth: e.worth,
  });
}

export function capAt(state: TunerState, { observation, interval, settings }: Tick, e: Estimates): CapState {
  if (interval === null) return state.cap;
  return updateCap(state.cap, {
    seconds: interval.seconds,
    cpuSec: interval.cpuSec,
    cap: settings.maxCpuPct / 100,
    knobs: observation.knobs,
    scanned: interval.scanned,
    mergeablePages: e.mergeablePages,
  });
}

export function burstAt(state: TunerState, { observation, interval }: Tick, e: Estimates, growth: Growth): BurstStep {
  const { knobs, full_scans, monoMs } = observation;
  return updateBurst(state.burst, {
    nowMs: monoMs,
    interval,
    growth,
    cold: knobs.run === 0 || (!state.looked && full_scans < 2),
    running: knobs.run === 1,
    mergeablePages: e.mergeablePages,
    level: e.level,
    savedPages: e.savedPages,
    breakEvenYield: e.cost.secPerWalked / (e.worth * GAIN_HORIZON_SEC),
  });
}

/** Page visits that the burst still owes. */
export function backlog(state: TunerState, e: Estimates): number {
  return state.burst.active ? Math.max(0, 2 * e.mergeablePages - state.burst.walked) : 0;
}
