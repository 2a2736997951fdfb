/** What one more interval teaches: each function takes the state and gives one part of the next. */

import { foundInBurst, updateBurst, type BurstStep } from './burst.js';
import { updateCap, type CapState } from './cap.js';
import { updateCost } from './cost.js';
import { estimate, type Estimates } from './estimate.js';
import { flow, updateFlow } from './flow.js';
import { GAIN_HORIZON_SEC, updateGrowth, type Growth } from './growth.js';
import { knownPages, type Interval, type Reading } from './reading.js';
import { updateRest, type RestState } from './rest.js';
import { afterBurst, closeRound, passTime, putOff, untilNextSec, type RoundPrice, type RoundsState } from './rounds.js';
import { canUnskip, updateSmartScan } from './smart-scan.js';
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

export function learn(before: TunerState, { observation, reading, interval }: Tick): TunerState {
  const smartScan = updateSmartScan(before.smartScan, observation.knobs.smart_scan);
  const state = { ...before, previous: reading, smartScan };
  if (interval === null) return state;
  const { savedPages } = reading;
  const breaks = updateFlow(state.flow, interval, { savedPages, mergeablePages: knownPages(observation) });
  return {
    ...state,
    cost: updateCost(state.cost, interval, state.fullScanCpuSec, before.smartScan.held),
    flow: breaks,
    rounds: passTime(state.rounds, interval.seconds, {
      breakRate: flow(breaks, reading.cow_ksm !== null).breakRate,
      brokenLifetimeSec: observation.brokenLifetimeSec ?? null,
    }),
  };
}

export function estimateAt(state: TunerState, { observation, reading, settings }: Tick): Estimates {
  const { cost, flow, cap, burst, rounds } = state;
  const growing = burst.active && burst.fullScans < 1;
  return estimate({ observation, reading, settings, cost, flow, cap, rounds, growing });
}

export function growthAt(state: TunerState, { observation, interval }: Tick, e: Estimates): Growth {
  return updateGrowth(state.growth, {
    nowMs: observation.monoMs,
    seconds: interval?.seconds ?? 0,
    level: e.level,
    knownPages: knownPages(observation),
    offeredKnown: e.offersVisible,
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

/** @param everySec the time between rounds that pays best; null: none */
export function burstAt(
  state: TunerState,
  tick: Tick,
  e: Estimates,
  growth: Growth,
  everySec: number | null,
): BurstStep {
  const { knobs, full_scans, monoMs } = tick.observation;
  const { rounds } = state;
  const due = untilNextSec(rounds, everySec) <= 0 && e.level > 0;
  const pays = everySec !== null && rounds.sinceSec >= everySec;
  return updateBurst(state.burst, {
    nowMs: monoMs,
    interval: tick.interval,
    growth,
    cold: !state.looked && full_scans < 2,
    running: knobs.run === 1,
    due: due ? (pays ? 'round' : 'look') : null,
    unskipPays: unskipPays(e, growth, tick.observation.pages_shared),
    mergeablePages: e.mergeablePages,
    level: e.level,
    changedPages: tick.observation.pages_volatile,
    savedPages: e.trueSaving.value,
    ledgerPages: e.ledgerPages,
    breakEvenYield: e.cost.secPerWalked / (e.worth * GAIN_HORIZON_SEC),
  });
}

/**
 * New pages meet KSM pages anyway. Those whose like is a single aged page need that one visited: the second guest of an
 * image, not the third. Worth it where few KSM pages are there to be met, and the rest is likely to bring several times
 * what it costs.
 */
function unskipPays(e: Estimates, growth: Growth, ksmPages: number): boolean {
  const extraSec = 2 * (e.fullScanCpuSecPlain - e.fullScanCpuSec);
  const merging = growth.grown * growth.state.yield - ksmPages;
  return merging > 0 && merging * e.worth * GAIN_HORIZON_SEC >= UNSKIP_FACTOR * extraSec;
}

const UNSKIP_FACTOR = 3;

/** With less than this part of memory seen before, a burst for the rest has as good as seen all. */
const SEEN_BEFORE_SHARE = 1 / 4;

export function roundPrice(e: Estimates): RoundPrice {
  return { cpuSec: 2 * e.fullScanCpuSecPlain, level: e.level, worth: e.worth };
}

/** What the end of a burst says of the next round. */
export function roundsAt(state: TunerState, e: Estimates, burst: BurstStep): RoundsState {
  const { cause, unskip, levelAtStart, grownAtStart } = burst.state;
  if (burst.ended === 'stalled' && cause !== 'growth') return putOff(state.rounds);
  if (burst.ended !== 'done') return state.rounds;
  if (cause !== 'growth') {
    return closeRound(state.rounds, roundPrice(e), foundInBurst(burst.state, e.ledgerPages), e.flow.lifetimeSec);
  }
  const allNew = levelAtStart - grownAtStart < SEEN_BEFORE_SHARE * e.level;
  const visitedAll = unskip || allNew || !canUnskip(state.smartScan) || e.cost.skippedShare === 0;
  return visitedAll ? afterBurst(state.rounds, roundPrice(e), allNew) : state.rounds;
}

export function restAt(state: TunerState, { observation, interval }: Tick, e: Estimates, bursting: boolean): RestState {
  const walked = interval === null ? 0 : interval.scanned + interval.skipped;
  return updateRest(state.rest, {
    bursting,
    // Of processes that ended nothing is walked: their slots go as ksmd passes.
    walkedScans: Math.max(walked / Math.max(1, e.mergeablePages), interval?.fullScans ?? 0),
    knownPages: knownPages(observation),
    level: e.level,
  });
}

/** Page visits that the burst still owes. */
export function backlog(state: TunerState, e: Estimates): number {
  return state.burst.active ? Math.max(0, 2 * e.mergeablePages - state.burst.walked) : 0;
}
