/**
 * The control loop, one tick of it: look, learn, mind the guards, then burst or track.
 *
 * Pure and total: the same input gives the same answer, and no observation makes it throw or ask for knobs out of
 * range. The shell calls it once per sample, carries `changes` out in auto mode (actuator.ts) and tells the result to
 * `noteActuation`. In observe mode it may be called to keep the estimates warm; its decision is then to do nothing.
 */

import { gainedInBurst, grownInBurst, type BurstStep } from './burst.js';
import { initialCap, shareAllowed } from './cap.js';
import { bestRounds, chooseBurst, chooseRest, renewed, unskips, type Choice } from './choice.js';
import { decide, type Verdict } from './decision.js';
import { listEstimates, type Estimates } from './estimate.js';
import * as explain from './explain.js';
import { closeGrowth, type Growth, type GrowthState } from './growth.js';
import { guardOf, rivalsOf, updateGuard, type Guard } from './guards.js';
import { inferScanned } from './infer.js';
import { backlog, burstAt, capAt, estimateAt, growthAt, learn, restAt, roundsAt, type Tick } from './learn.js';
import { lapse, takeReading } from './reading.js';
import { saneSettings } from './settings.js';
import { holdSmartScan } from './smart-scan.js';
import type { TunerState } from './state.js';
import type { Best } from './track.js';
import type { Decision, Knobs, Mode, Observation, TunerSettings } from './types.js';

export interface StepInput {
  readonly observation: Observation;
  readonly state: TunerState;
  readonly settings: TunerSettings;
  readonly mode: Mode;
  readonly paused: boolean;
}

export interface StepResult {
  readonly state: TunerState;
  readonly decision: Decision;
}

export function step(input: StepInput): StepResult {
  const { mode, paused } = input;
  const settings = saneSettings(input.settings);
  const observation = ours(input.observation, settings);
  const reading = takeReading(observation);
  const guardInput = { observation, readAtMs: reading?.atMs ?? null, mode, paused, mayStart: settings.mayStart };
  const guarded = { ...input.state, guard: updateGuard(input.state.guard, guardInput) };
  const guard = guardOf(guarded.guard, guardInput);
  if (reading === null) return unreadable({ ...input, observation }, guarded, guard);

  const gap = lapse(guarded.previous, reading, inferScanned(observation));
  const tick: Tick = { observation, reading, interval: gap.kind === 'interval' ? gap.interval : null, settings };
  const learned = learn(guarded, tick);
  const estimates = estimateAt(learned, tick);
  const growth = growthAt(learned, tick, estimates);
  const comparable = gap.kind === 'interval' || gap.kind === 'same';
  const free = guard === null && !paused && comparable;
  const best = bestRounds(estimates, learned.rounds, settings);
  const burst = free ? burstAt(learned, tick, estimates, growth, best.everySec) : null;
  const state: TunerState = {
    ...learned,
    // Somebody else's CPU is not held against our cap.
    cap: free && mode === 'auto' ? capAt(learned, tick, estimates) : initialCap,
    growth: burst === null || burst.ended === null ? growth.state : closeBurst(burst, growth, estimates),
    burst: burst?.state ?? { ...learned.burst, active: false },
    rounds: burst === null ? learned.rounds : roundsAt(learned, estimates, burst),
    looked: learned.looked || free,
    urgent: burst !== null && burst.state.active && (growth.growing > 0 || isShort(estimates, settings)),
    fullScanCpuSec: estimates.fullScanCpuSec,
  };
  if (burst === null) {
    return conclude(
      { ...input, observation },
      state,
      tick,
      estimates,
      standStill(guard, paused, gap.kind === 'broken'),
    );
  }
  const { choice, held } = choose(state, tick, { estimates, growth, burst, best });
  const verdict = withRemarks(choice, input, estimates, burst);
  return conclude({ ...input, observation }, { ...state, ...held }, tick, estimates, verdict);
}

/** Seconds of a full scan at the cap up to which its end is worth seeing at once. */
const SHORT_FULL_SCAN_SEC = 5;

function isShort(e: Estimates, settings: TunerSettings): boolean {
  return e.fullScanCpuSec <= SHORT_FULL_SCAN_SEC * (settings.maxCpuPct / 100);
}

/** What the settings leave alone is not there: neither read nor written, and nobody's move of it concerns us. */
function ours(observation: Observation, settings: TunerSettings): Observation {
  if (settings.smartScan) return observation;
  const { run, pages_to_scan, sleep_millisecs } = observation.knobs;
  return { ...observation, knobs: { run, pages_to_scan, sleep_millisecs } };
}

interface Beliefs {
  readonly estimates: Estimates;
  readonly growth: Growth;
  readonly burst: BurstStep;
  readonly best: Best;
}

interface Chosen {
  readonly choice: Choice;
  /** What of the state follows from the choice. */
  readonly held: Pick<TunerState, 'rest' | 'smartScan'>;
}

/** What to do with the knobs, now that nothing forbids moving them. */
function choose(state: TunerState, tick: Tick, now: Beliefs): Chosen {
  const { observation, settings } = tick;
  const { estimates, growth, burst, best } = now;
  const { cost } = estimates;
  const input = {
    monoMs: observation.monoMs,
    pageSize: observation.pageSize,
    knobs: knobsOf(observation),
    settings,
    estimates,
    growth,
    burst: burst.state,
    burstEnded: burst.ended,
    rounds: state.rounds,
    smartScan: state.smartScan,
    allowed: shareAllowed(state.cap, settings.maxCpuPct / 100, cost.peakSecPerScanned / cost.secPerScanned),
    trim: state.cap.trim,
  };
  const bursting = burst.state.active;
  const rest = restAt(state, tick, estimates, bursting);
  const held = { rest, smartScan: holdSmartScan(state.smartScan, unskips(input), observation.knobs.smart_scan) };
  const choice = bursting ? chooseBurst(input, best) : chooseRest(input, best, rest);
  return { choice, held };
}

/** The verdict when nothing may be done: paused, guarded, or nothing to compare yet. */
function standStill(guard: Guard | null, paused: boolean, broken: boolean): Verdict {
  const still = { wanted: null, expectation: null };
  if (paused && guard?.kind !== 'observe') return { phase: 'paused', kind: 'paused', reason: explain.PAUSED, ...still };
  if (guard !== null) return { phase: 'hands-off', kind: guard.kind, reason: guard.reason, ...still };
  return { phase: 'learning', kind: broken ? 'jump' : 'first', reason: explain.learning(broken), ...still };
}

function withRemarks(choice: Choice, input: StepInput, estimates: Estimates, burst: BurstStep | null): Verdict {
  const remarks: explain.Remark[] = [];
  if (!estimates.cost.readable) remarks.push(explain.BLIND_CPU);
  if (burst?.heldBack === true) remarks.push(explain.HELD_BACK);
  const rivals = rivalsOf(input.observation);
  if (rivals.length > 0) remarks.push(explain.rivalsInAdvise(rivals));
  return {
    ...choice,
    kind: [choice.kind, ...remarks.map((remark) => remark.kind)].join(', '),
    reason: choice.reason + remarks.map((remark) => remark.text).join(''),
  };
}

/** A burst that was carried through teaches how much of new memory merges. */
function closeBurst(burst: BurstStep, growth: Growth, estimates: Estimates): GrowthState {
  const { level, ledgerPages } = estimates;
  const grew = burst.ended === 'done' && burst.state.cause === 'growth';
  const grown = grew ? grownInBurst(burst.state, level) : 0;
  return closeGrowth(growth.state, level, grown, gainedInBurst(burst.state, ledgerPages));
}

function unreadable(input: StepInput, state: TunerState, guard: Guard | null): StepResult {
  const verdict = standStill(guard, input.paused, false);
  const next: TunerState = { ...state, previous: null, burst: { ...state.burst, active: false } };
  return finish(input, next, { verdict, interval: null, savedBytes: 0, estimates: [], renewed: () => null });
}

function conclude(
  input: StepInput,
  state: TunerState,
  { observation, interval }: Tick,
  estimates: Estimates,
  verdict: Verdict,
): StepResult {
  return finish(input, state, {
    verdict,
    interval,
    savedBytes: estimates.trueSaving.value * observation.pageSize,
    estimates: listEstimates(estimates, backlog(state, estimates), state.growth),
    renewed: () => renewed({ monoMs: observation.monoMs, estimates }),
  });
}

type Conclusion = Pick<Parameters<typeof decide>[0], 'verdict' | 'interval' | 'savedBytes' | 'estimates' | 'renewed'>;

function finish(input: StepInput, state: TunerState, conclusion: Conclusion): StepResult {
  const { decision, last, pending, nextId } = decide({
    ...conclusion,
    monoMs: input.observation.monoMs,
    knobs: knobsOf(input.observation),
    last: state.last,
    pending: state.pending,
    nextId: state.nextId,
  });
  return { state: { ...state, last, pending, nextId }, decision };
}

function knobsOf({ knobs }: Observation): Knobs {
  const { run, pages_to_scan, sleep_millisecs, smart_scan } = knobs;
  return { run, pages_to_scan, sleep_millisecs, ...(smart_scan === undefined ? {} : { smart_scan }) };
}
