/** From beliefs to knobs: what to do at this tick, before it becomes a numbered decision. */

import { burstShare, type BurstEnd, type BurstState } from './burst.js';
import type { Estimates } from './estimate.js';
import * as explain from './explain.js';
import type { Growth } from './growth.js';
import { planKnobs } from './knobs.js';
import { bestFullScan, type Best } from './track.js';
import type { Expectation, Knobs, Phase, TunerSettings } from './types.js';

/** Octaves: rates closer than this are the same; the law loses under 2 % there. */
const HYSTERESIS_OCTAVES = 0.4;

/** In a burst a slower rate than wanted costs time to the saving, so that less is tolerated. */
const BURST_HYSTERESIS_OCTAVES = 0.25;

/** Slowing down doubles the full-scan time at most, once per full scan: what arrives is seen only after two. */
const SLOW_DOWN = 2;

/** Full scans after a move before less than an octave upwards counts: estimates need them, and the loss is small. */
const SETTLE_FULL_SCANS = 0.5;

/** Where not scanning is best: this share of a core at most, to keep watch. */
const WATCH_SHARE = 0.0025;

/** `maxFullScanSec` binds while it costs less than this share; on a host too big for that, a full scan may take longer. */
const BINDING_SHARE = 0.01;

/** Over what is allowed by more than this factor, the knobs move at once. */
const OVER = 1.03;

export interface Choice {
  readonly phase: Phase;
  /** Reason class: a change of it makes a new decision. */
  readonly kind: string;
  readonly reason: string;
  readonly wanted: Knobs | null;
  readonly expectation: Expectation | null;
  /** True when the knobs were moved by the law of track, so that slowing down is counted from here. */
  readonly moved: boolean;
}

export interface ChoiceInput {
  readonly monoMs: number;
  readonly pageSize: number;
  readonly knobs: Knobs;
  readonly settings: TunerSettings;
  readonly estimates: Estimates;
  readonly growth: Growth;
  readonly burst: BurstState;
  readonly burstEnded: BurstEnd | null;
  /** Share of one core that the cap leaves for the next second. */
  readonly allowed: number;
  readonly trim: number;
  readonly brokenLifetimeSec: number | null;
  /** Full scans walked since the last move; Infinity right after a burst. */
  readonly scansSinceMove: number;
  readonly justBurst: boolean;
}

export function chooseBurst(input: ChoiceInput): Choice {
  const { estimates: e, growth, settings } = input;
  const share = burstShare({
    growth,
    worth: e.worth,
    fullScanCpuSec: e.fullScanCpuSec,
    minFullScanSec: settings.minFullScanSec,
    allowed: input.allowed,
    elapsedSec: Math.max(0, input.monoMs - input.burst.startedMs) / 1000,
  });
  const over = e.presentShare > OVER * input.allowed;
  const near = !over && Math.abs(octaves(e.presentShare, share)) <= BURST_HYSTERESIS_OCTAVES;
  const wanted = knobsFor(input, near ? null : share);
  const growing = growth.growing > 0;
  const fullScanSec = e.fullScanCpuSec / Math.max(share, 1e-9);
  const expected = input.burst.savedAtStart + growth.state.yield * (input.burst.grownAtStart + pagesSince(input));
  return {
    phase: 'burst',
    kind: growing ? 'growing' : 'clearing',
    reason: explain.burst({
      growingBytesPerSec: growth.growing * input.pageSize,
      offeredBytes: e.level * input.pageSize,
      share,
      fullScanSec,
      starting: input.knobs.run === 0,
    }),
    wanted,
    expectation: {
      // No claim: a first visit, a merge and a merged page differ in cost by tenfold. The cap is what holds here.
      ksmdCpuPct: null,
      fullScanSec: e.cost.measured ? fullScanSec : null,
      savedBytes: growing ? null : Math.round(expected * input.pageSize),
      byMonoMs: input.monoMs + 1000 * (growing ? 60 : 10 + 3 * fullScanSec),
    },
    moved: false,
  };
}

function pagesSince(input: ChoiceInput): number {
  return Math.max(0, input.estimates.level - input.burst.levelAtStart);
}

export function chooseTrack(input: ChoiceInput): Choice {
  const { estimates: e, settings } = input;
  const C = e.fullScanCpuSec;
  if (e.level <= 0 || !(C > 0)) return idle(input);
  const best = bestFullScan({
    fullScanCpuSec: C,
    worth: e.worth,
    arrivals: e.flow.arrivals,
    lifetimeSec: e.flow.lifetimeSec,
    countedAtFullScanSec: e.flow.countedAtFullScanSec,
    breakRate: e.flow.breakRate,
    brokenLifetimeSec: input.brokenLifetimeSec,
    ...fullScanBounds(input),
  });
  const watch = Math.min(C / settings.maxFullScanSec, WATCH_SHARE, input.allowed);
  const target = best.fullScanSec === null ? watch : Math.min(input.allowed, C / best.fullScanSec);
  return approach(input, best, target);
}

function fullScanBounds(input: ChoiceInput): { minFullScanSec: number; maxFullScanSec: number } {
  const { estimates: e, settings } = input;
  const minFullScanSec = Math.max(settings.minFullScanSec, e.fullScanCpuSec / input.allowed);
  const longest = Math.max(settings.maxFullScanSec, e.fullScanCpuSec / BINDING_SHARE);
  return { minFullScanSec, maxFullScanSec: Math.max(minFullScanSec, longest) };
}

/** Moves from the present share towards the target, or says why it stays. */
function approach(input: ChoiceInput, best: Best, target: number): Choice {
  const { estimates: e } = input;
  const present = e.presentShare;
  const pays = best.fullScanSec !== null;
  const overCap = present > OVER * input.allowed;
  if (!overCap && Math.abs(octaves(present, target)) <= HYSTERESIS_OCTAVES) return stay(input, pays, target, false);
  let share = target;
  const slightly = target > present && target < 2 * present && input.knobs.run === 1;
  if (slightly && !input.justBurst && input.scansSinceMove < SETTLE_FULL_SCANS) return stay(input, pays, target, true);
  if (target < present && !input.justBurst) {
    if (!overCap && input.scansSinceMove < 1) return stay(input, pays, target, true);
    share = Math.min(input.allowed, Math.max(target, present / SLOW_DOWN));
  }
  const wanted = knobsFor(input, share);
  if (same(wanted, input.knobs)) return stay(input, pays, target, false);
  const fullScanSec = e.fullScanCpuSec / share;
  return {
    phase: pays ? 'track' : 'stop',
    kind: 'move',
    reason: explain.track({
      ...facts(input),
      pays,
      share,
      fullScanSec,
      slowing: share > target * 1.01,
      starting: input.knobs.run === 0,
    }),
    wanted,
    expectation: steadyExpectation(input, share),
    moved: true,
  };
}

function stay(input: ChoiceInput, pays: boolean, target: number, waiting: boolean): Choice {
  const { estimates: e } = input;
  return {
    // Waiting is not worth a decision of its own: the knobs stay, and the move that follows says why.
    phase: pays || waiting ? 'hold' : 'stop',
    kind: 'near',
    reason: explain.hold({
      ...facts(input),
      pays,
      waiting,
      presentShare: e.presentShare,
      presentFullScanSec: e.presentFullScanSec ?? 0,
      bestFullScanSec: e.fullScanCpuSec / target,
    }),
    wanted: input.knobs,
    expectation: null,
    moved: false,
  };
}

function idle(input: ChoiceInput): Choice {
  const reason = explain.idle(input.knobs.run === 1);
  return { phase: 'stop', kind: 'idle', reason, wanted: input.knobs, expectation: null, moved: false };
}

function facts(input: ChoiceInput): explain.FlowFacts {
  const { flow } = input.estimates;
  return {
    arrivals: flow.arrivals,
    lifetimeSec: flow.lifetimeSec,
    ended: input.burstEnded,
  };
}

/** What steady scanning at this share should show: judged after two full scans, within one and ten minutes. */
export function steadyExpectation(input: Pick<ChoiceInput, 'monoMs' | 'estimates'>, share: number): Expectation {
  const { estimates: e, monoMs } = input;
  const fullScanSec = share > 0 ? e.fullScanCpuSec / share : null;
  const waitSec = Math.min(600, Math.max(60, 2 * (fullScanSec ?? 0)));
  return {
    ksmdCpuPct: e.cost.measured ? share * 100 : null,
    fullScanSec: e.cost.measured ? fullScanSec : null,
    savedBytes: null,
    byMonoMs: monoMs + 1000 * waitSec,
  };
}

/** A null share keeps the present pair. `run` is never asked to be anything but 1 here: there is memory to scan. */
function knobsFor(input: ChoiceInput, share: number | null): Knobs {
  const { knobs } = input;
  if (share === null && knobs.run === 1) return knobs;
  return {
    run: 1,
    ...planKnobs(share ?? input.estimates.presentShare, input.estimates.cost.secPerScanned, input.trim),
  };
}

function same(a: Knobs, b: Knobs): boolean {
  return a.run === b.run && a.pages_to_scan === b.pages_to_scan && a.sleep_millisecs === b.sleep_millisecs;
}

/** log2 of b over a; infinite when one is zero. */
function octaves(a: number, b: number): number {
  return a === b ? 0 : Math.log2(b / a);
}
