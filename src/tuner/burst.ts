/**
 * New mergeable memory is cleared at the cap: two visits a page cost the same CPU at any rate, so the fastest is best.
 * While it still grows the square-root law sets the pace, for a visit paid now may have to be paid again.
 */

import type { Growth } from './growth.js';
import type { Interval } from './reading.js';
import { DELAY_FULL_SCANS } from './track.js';

/**
 * Budget, in full scans: five starts in quick succession, then two full scans in ten minutes. A guest that comes and
 * goes to force bursts costs a host of 200,000 pages 0.2 % of a core.
 */
const MAX_BUDGET = 16;
const REFILL_SEC_PER_FULL_SCAN = 300;

/** A burst starts only when it can be carried through. Full scans. */
const BUDGET_TO_START = 3;

/** Full scans after which every page has surely been visited twice, pairs that missed each other once included. */
const SURE_FULL_SCANS = 3;

/** A burst that still merges is carried on up to here. Full scans. */
const MAX_FULL_SCANS = 6;

/** To be carried on, the last second must have brought this many times its CPU. */
const CARRY_ON_FACTOR = 2;

/**
 * While memory grows a full scan takes at most this part of the time since the burst began: else so much would be left
 * to do at the end that the saving came late by more than a quarter of it. It costs 3 ln(t) full scans at most.
 */
const MAX_LAG = 1 / 3;

/** Seconds without one page walked while `run` is 1, after which the burst is given up. */
const STALL_SEC = 15;

export interface BurstState {
  readonly active: boolean;
  /** Full scans that bursts may still spend. */
  readonly budget: number;
  /** Since the burst's start or the last step of growth. */
  readonly fullScans: number;
  readonly walked: number;
  /** Seconds without progress. */
  readonly stalledSec: number;
  readonly startedMs: number;
  readonly savedAtStart: number;
  readonly grownAtStart: number;
  readonly levelAtStart: number;
}

export const initialBurst: BurstState = {
  active: false,
  budget: MAX_BUDGET,
  fullScans: 0,
  walked: 0,
  stalledSec: 0,
  startedMs: 0,
  savedAtStart: 0,
  grownAtStart: 0,
  levelAtStart: 0,
};

export interface BurstInput {
  readonly nowMs: number;
  readonly interval: Interval | null;
  readonly growth: Growth;
  /** Memory that nobody has walked twice is there from the start: `run` is 0, or no two full scans have been. */
  readonly cold: boolean;
  readonly running: boolean;
  readonly mergeablePages: number;
  readonly level: number;
  readonly savedPages: number;
  /** Saved pages per walked page from which a walk pays. */
  readonly breakEvenYield: number;
}

export type BurstEnd = 'done' | 'budget spent' | 'stalled' | 'nothing left';

export interface BurstStep {
  readonly state: BurstState;
  readonly started: boolean;
  readonly ended: BurstEnd | null;
  /** A burst would pay, and the budget forbids it. */
  readonly heldBack: boolean;
}

export function updateBurst(previous: BurstState, input: BurstInput): BurstStep {
  const state = advance(previous, input);
  if (!state.active) return start(state, input);
  const ended = endOf(state, input);
  return { state: ended === null ? state : { ...state, active: false }, started: false, ended, heldBack: false };
}

function advance(state: BurstState, input: BurstInput): BurstState {
  const { interval, mergeablePages } = input;
  if (interval === null) return state;
  const walked = interval.scanned + interval.skipped;
  const spent = state.active && mergeablePages > 0 ? walked / mergeablePages : 0;
  const budget = state.budget + interval.seconds / REFILL_SEC_PER_FULL_SCAN - spent;
  const restart = input.growth.stepped || input.growth.blindEntry;
  return {
    ...state,
    budget: Math.min(MAX_BUDGET, Math.max(0, budget)),
    fullScans: restart || !state.active ? 0 : state.fullScans + interval.fullScans,
    walked: restart || !state.active ? 0 : state.walked + walked,
    stalledSec: !state.active || walked > 0 || !input.running ? 0 : state.stalledSec + interval.seconds,
  };
}

function start(state: BurstState, input: BurstInput): BurstStep {
  const { growth } = input;
  const wanted = input.level > 0 && (input.cold || growth.blindEntry || growth.grown >= growth.worthwhile);
  if (!wanted) return { state, started: false, ended: null, heldBack: false };
  if (state.budget < BUDGET_TO_START) return { state, started: false, ended: null, heldBack: true };
  return {
    state: {
      ...state,
      active: true,
      fullScans: 0,
      walked: 0,
      stalledSec: 0,
      startedMs: input.nowMs,
      savedAtStart: input.savedPages,
      grownAtStart: growth.grown,
      levelAtStart: input.level,
    },
    started: true,
    ended: null,
    heldBack: false,
  };
}

function endOf(state: BurstState, input: BurstInput): BurstEnd | null {
  if (input.level <= 0 && input.mergeablePages <= 0) return 'nothing left';
  if (state.stalledSec >= STALL_SEC) return 'stalled';
  if (state.budget <= 0) return 'budget spent';
  if (input.growth.growing > 0) return null;
  const twice = state.fullScans >= 2 && state.walked >= 2 * input.mergeablePages;
  if (!twice && state.fullScans < SURE_FULL_SCANS) return null;
  if (state.fullScans >= MAX_FULL_SCANS || input.interval === null) return 'done';
  const walked = input.interval.scanned + input.interval.skipped;
  return input.interval.savedDelta > CARRY_ON_FACTOR * input.breakEvenYield * walked ? null : 'done';
}

/** Pages whose growth this burst serves: what had gathered at its start and what came since. */
export function grownInBurst(state: BurstState, level: number): number {
  return state.grownAtStart + Math.max(0, level - state.levelAtStart);
}

/**
 * Share of one core to scan with: the cap once growth has settled, else the square-root law for arrivals of the part
 * of the growth that is expected to merge, and no slower than MAX_LAG asks for. Never faster than the shortest full scan.
 */
export function burstShare(input: {
  readonly growth: Growth;
  readonly worth: number;
  readonly fullScanCpuSec: number;
  readonly minFullScanSec: number;
  readonly allowed: number;
  /** Since the burst began. */
  readonly elapsedSec: number;
}): number {
  const { growth, fullScanCpuSec } = input;
  const fastest = Math.min(input.allowed, fullScanCpuSec / input.minFullScanSec);
  if (growth.growing <= 0) return fastest;
  const arrivals = growth.state.yield * growth.growing;
  const byLaw = Math.sqrt(DELAY_FULL_SCANS * input.worth * arrivals * fullScanCpuSec);
  const byLag = fullScanCpuSec / Math.max(input.minFullScanSec, MAX_LAG * input.elapsedSec);
  return Math.min(fastest, Math.max(byLaw, byLag));
}
