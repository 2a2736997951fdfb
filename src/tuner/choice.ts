/** From beliefs to knobs: what to do at this tick, before it becomes a numbered decision. */

import { burstShare, type BurstEnd, type BurstState } from './burst.js';
import type { Estimates } from './estimate.js';
import * as explain from './explain.js';
import type { Growth } from './growth.js';
import { planKnobs } from './knobs.js';
import type { RestState } from './rest.js';
import { untilNextSec, type RoundsState } from './rounds.js';
import { wantedSmartScan, type SmartScanState } from './smart-scan.js';
import { bestInterval, stillThere, type Best } from './track.js';
import type { Decision, Expectation, Knobs, Phase, TunerSettings } from './types.js';

/** In a burst a slower rate than wanted costs time to the saving, so that little is tolerated. Octaves. */
const BURST_HYSTERESIS_OCTAVES = 0.25;

/** Between rounds, where ksmd may not stand still or has books to clear: share of a core at most, and its hysteresis. */
const WATCH_SHARE = 0.0025;
const WATCH_HYSTERESIS_OCTAVES = 1;

/** `maxFullScanSec` binds rounds while these cost less than this share; on a host too big for that they may be rarer. */
const BINDING_SHARE = 0.01;

/** Over what is allowed by more than this factor, the knobs move at once. */
const OVER = 1.03;

/** A round takes at least as many seconds as two ticks: what is shorter cannot be told from scanning all the time. */
const SHORTEST_ROUND_SEC = 2;

export interface Choice {
  readonly phase: Phase;
  /** Reason class: a change of it makes a new decision. */
  readonly kind: string;
  readonly reason: string;
  readonly wanted: Knobs | null;
  readonly expectation: Expectation | null;
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
  readonly rounds: RoundsState;
  readonly smartScan: SmartScanState;
  /** Share of one core that the cap leaves for the next second. */
  readonly allowed: number;
  readonly trim: number;
}

/** Two full scans: for new memory, for what the last rounds let expect, or to look. */
export function chooseBurst(input: ChoiceInput, best: Best): Choice {
  const { estimates: e, growth, settings, burst, monoMs, pageSize } = input;
  const unskip = unskips(input);
  const fullScanCpuSec = unskip ? e.fullScanCpuSecPlain : e.fullScanCpuSec;
  const share = burstShare({
    growth,
    worth: e.worth,
    fullScanCpuSec,
    minFullScanSec: settings.minFullScanSec,
    allowed: input.allowed,
    elapsedSec: Math.max(0, monoMs - burst.startedMs) / 1000,
  });
  const over = e.presentShare > OVER * input.allowed;
  const near = !over && Math.abs(octaves(e.presentShare, share)) <= BURST_HYSTERESIS_OCTAVES;
  const growing = growth.growing > 0;
  const fullScanSec = fullScanCpuSec / Math.max(share, 1e-9);
  const expected = expectedSaving(input);
  return {
    phase: PHASES[burst.cause],
    kind: growing ? 'growing' : burst.cause,
    reason: explain.burst({
      cause: burst.cause,
      ...facts(input, best),
      growingBytesPerSec: growth.growing * pageSize,
      offeredBytes: e.level * pageSize,
      share,
      fullScanSec,
      unskips: unskip && input.knobs.smart_scan === 1,
      starting: input.knobs.run === 0,
    }),
    wanted: knobsFor(input, near ? null : share, unskip),
    expectation: {
      // No claim: a first visit, a merge and a merged page differ in cost by tenfold. The cap is what holds here.
      ksmdCpuPct: null,
      fullScanSec: e.cost.measured ? fullScanSec : null,
      savedBytes: expected === null ? null : Math.round(expected * pageSize),
      byMonoMs: monoMs + 1000 * (growing ? 60 : 10 + 3 * fullScanSec),
    },
  };
}

const PHASES = { growth: 'burst', round: 'track', look: 'probe' } as const satisfies Record<string, Phase>;

/** Pages. What a look will find is not known; that is why it is taken. */
function expectedSaving({ burst, growth, estimates: e, rounds }: ChoiceInput): number | null {
  if (burst.cause === 'look' || growth.growing > 0) return null;
  if (burst.cause === 'round') {
    return burst.savedAtStart + e.arrivals.value * stillThere(rounds.sinceSec, e.flow.lifetimeSec);
  }
  return burst.savedAtStart + growth.state.yield * (burst.grownAtStart + Math.max(0, e.level - burst.levelAtStart));
}

/** While memory still grows the same pages are walked again and again: those that wait can wait for the last two scans. */
export function unskips(input: Pick<ChoiceInput, 'burst' | 'growth' | 'smartScan'>): boolean {
  const { burst, growth, smartScan } = input;
  return burst.active && burst.unskip && (growth.growing <= 0 || smartScan.held);
}

/** The time between rounds that pays best by the present estimates. */
export function bestRounds(e: Estimates, rounds: RoundsState, settings: TunerSettings): Best {
  const roundCpuSec = 2 * e.fullScanCpuSecPlain;
  const atCap = roundCpuSec / (settings.maxCpuPct / 100);
  return bestInterval({
    roundCpuSec,
    worth: e.worth,
    arrivals: e.arrivals.value,
    lifetimeSec: e.flow.lifetimeSec,
    breakRate: e.flow.breakRate,
    brokenLifetimeSec: rounds.brokenLifetimeSec,
    shortestSec: Math.max(SHORTEST_ROUND_SEC, 2 * settings.minFullScanSec, atCap),
    longestSec: Math.max(settings.maxFullScanSec, roundCpuSec / BINDING_SHARE),
  });
}

/** Between rounds. */
export function chooseRest(input: ChoiceInput, best: Best, rest: RestState): Choice {
  const { estimates: e, knobs, settings } = input;
  const pays = best.everySec !== null;
  const words = { ...facts(input, best), nextSec: untilNextSec(input.rounds, best.everySec) };
  const phase = pays ? 'hold' : 'stop';
  const tidying = rest.toWalk > 0;
  if (e.level <= 0 && e.offersVisible && !tidying) {
    const wanted = { ...knobs, ...smartScanKnob(input, false) };
    return { phase: 'stop', kind: 'idle', reason: explain.idle(knobs.run === 1), wanted, expectation: null };
  }
  const mayRest = settings.mayStop && settings.mayStart && e.offersVisible;
  if (mayRest && !tidying) {
    const wanted = { ...knobs, run: 0, ...smartScanKnob(input, false) };
    const reason = explain.rest({ ...words, scanning: knobs.run !== 0 });
    const expectation = knobs.run === 0 ? null : expectRest(input, 0);
    return { phase, kind: 'rest', reason, wanted, expectation };
  }
  const slowest = e.fullScanCpuSec / settings.maxFullScanSec;
  const share = Math.min(input.allowed, e.offersVisible ? Math.min(WATCH_SHARE, slowest) : WATCH_SHARE);
  const near = Math.abs(octaves(e.presentShare, share)) <= WATCH_HYSTERESIS_OCTAVES;
  const wanted = knobsFor(input, near ? null : share, false);
  const why = mayRest ? 'tidy' : e.offersVisible ? 'told' : 'blind';
  const reason = explain.watch({ ...words, share, why, offers: e.level > 0 });
  return { phase, kind: why, reason, wanted, expectation: null };
}

function facts(input: ChoiceInput, best: Best): explain.FlowFacts {
  const { estimates: e } = input;
  return {
    arrivals: e.arrivals.value,
    lifetimeSec: e.flow.lifetimeSec,
    everySec: best.everySec,
    ended: input.burstEnded,
  };
}

/** ksmd at that share for the next minute. Judged until then, or when a round ends the rest. */
export function expectRest(input: Pick<ChoiceInput, 'monoMs'>, share: number): Expectation {
  return { ksmdCpuPct: 100 * share, fullScanSec: null, savedBytes: null, byMonoMs: input.monoMs + 60_000 };
}

/** A decision that goes on although its last expectation did not come true expects what it sees. */
export function renewed(input: Pick<ChoiceInput, 'monoMs' | 'estimates'>): Decision['expectation'] {
  return input.estimates.cost.measured ? expectRest(input, input.estimates.presentShare) : null;
}

/** A null share keeps the present pair. */
function knobsFor(input: ChoiceInput, share: number | null, unskip: boolean): Knobs {
  const { knobs } = input;
  const smartScan = smartScanKnob(input, unskip);
  if (share === null && knobs.run === 1) return { ...knobs, ...smartScan };
  return {
    run: 1,
    ...planKnobs(share ?? input.estimates.presentShare, input.estimates.cost.secPerScanned, input.trim),
    ...smartScan,
  };
}

function smartScanKnob(input: ChoiceInput, unskip: boolean): Pick<Knobs, 'smart_scan'> {
  const smart_scan = wantedSmartScan(input.smartScan, unskip);
  return smart_scan === undefined ? {} : { smart_scan };
}

/** log2 of b over a; infinite when one is zero. */
function octaves(a: number, b: number): number {
  return a === b ? 0 : Math.log2(b / a);
}
