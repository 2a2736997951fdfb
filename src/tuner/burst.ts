/**
 * New mergeable memory is cleared at the cap: two visits a page cost the same CPU at any rate, so the fastest is best.
 * While it still grows the square-root law sets the pace, for a visit paid now may have to be paid again.
 */

import type { Growth } from './growth.js';
import type { Interval } from './reading.js';

/**
 * Budget, in full scans: five starts in quick succession, then two full scans in ten minutes. A guest that comes and
 * goes to force bursts costs a host of 200,000 pages 0.2 % of a core.
 */
const MAX_BUDGET = 16;
const REFILL_SEC_PER_FULL_SCAN = 300;

/** Part of what a burst spent that it gets back when it paid for itself: guests that come and go all day are no attack. */
const REFUND = 0.8;

/** A burst starts only when it can be carried through. Full scans. */
const BUDGET_TO_START = 3;

/**
 * Full scans after which every page has surely been visited twice, pairs that missed each other once included: of a burst
 * that begins in the middle of one, the like on either side are in the tree together only in the third.
 */
const SURE_FULL_SCANS = 3;

/** A burst that still merges is carried on up to here. Full scans. */
const MAX_FULL_SCANS = 6;

/** To be carried on, the last second must have brought this many times its CPU. */
const CARRY_ON_FACTOR = 2;

/**
 * While memory grows a full scan takes at most this part of the time since the burst began: else so much would be left
 * to do at the end that the saving came late by a quarter of it and more. It costs 1.5 ln(t) full scans at most.
 */
const MAX_LAG = 2 / 3;

/**
 * Full scans from arrival to merge while scanning goes on: 1.5 for content that a KSM page already has (one visit stores
 * the checksum, the next merges; half a full scan until the first), 1.83 for a new pair (kernel 6.11+).
 */
const DELAY_FULL_SCANS = 1.75;

/** Seconds without one page walked while `run` is 1, after which the burst is given up. */
const STALL_SEC = 15;

/**
 * Why every page is visited twice: new memory; a round that pays by what the last ones found; or a look, though none would
 * pay (rounds.ts).
 */
export type BurstCause = 'growth' | 'round' | 'look';

export interface BurstState {
  readonly active: boolean;
  readonly cause: BurstCause;
  /** Every page is to be visited, also those that `smart_scan` would pass over. */
  readonly unskip: boolean;
  /** Full scans that bursts may still spend. */
  readonly budget: number;
  /** Full scans that this one has spent. */
  readonly spent: number;
  /** Since the burst's start or the last step of growth. */
  readonly fullScans: number;
  readonly walked: number;
  /** COW breaks since its start. */
  readonly breaks: number;
  /** Seconds without progress. */
  readonly stalledSec: number;
  readonly startedMs: number;
  readonly savedAtStart: number;
  readonly ledgerAtStart: number;
  readonly grownAtStart: number;
  readonly levelAtStart: number;
}

export const initialBurst: BurstState = {
  active: false,
  cause: 'growth',
  unskip: false,
  budget: MAX_BUDGET,
  spent: 0,
  fullScans: 0,
  walked: 0,
  breaks: 0,
  stalledSec: 0,
  startedMs: 0,
  savedAtStart: 0,
  ledgerAtStart: 0,
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
  readonly due: 'round' | 'look' | null;
  /** Would visiting every page, skipped ones included, pay for a burst by growth? */
  readonly unskipPays: boolean;
  readonly mergeablePages: number;
  readonly level: number;
  /** `pages_volatile`: with every page visited, those that changed since. */
  readonly changedPages: number;
  readonly savedPages: number;
  /** Pages that merges gained less those that breaks cost, whoever ended meanwhile: only its differences mean something. */
  readonly ledgerPages: number;
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
  if (ended === null) return { state, started: false, ended, heldBack: false };
  const saved = gainedInBurst(state, input.ledgerPages);
  // Also one that the budget broke off: on a host where guests never cease to come no burst is ever done.
  const paid = saved >= input.breakEvenYield * state.spent * input.mergeablePages;
  const budget = Math.min(MAX_BUDGET, state.budget + (paid ? REFUND * state.spent : 0));
  return { state: { ...state, active: false, budget }, started: false, ended, heldBack: false };
}

function advance(state: BurstState, input: BurstInput): BurstState {
  const { interval, mergeablePages } = input;
  if (interval === null) return state;
  const walked = interval.scanned + interval.skipped;
  const spent = state.active && state.cause !== 'round' && mergeablePages > 0 ? walked / mergeablePages : 0;
  const budget = state.budget + interval.seconds / REFILL_SEC_PER_FULL_SCAN - spent;
  const restart = input.growth.stepped || input.growth.blindEntry;
  return {
    ...state,
    cause: restart ? 'growth' : state.cause,
    // Memory that grows on may come to pay for visiting every page.
    unskip: (state.unskip && !(restart && state.cause !== 'growth')) || (state.active && input.unskipPays),
    budget: Math.min(MAX_BUDGET, Math.max(0, budget)),
    spent: state.spent + spent,
    fullScans: restart || !state.active ? 0 : state.fullScans + interval.fullScans,
    walked: restart || !state.active ? 0 : state.walked + walked,
    breaks: state.active ? state.breaks + (interval.breaks ?? 0) : 0,
    stalledSec: !state.active || walked > 0 || !input.running ? 0 : state.stalledSec + interval.seconds,
  };
}

function start(state: BurstState, input: BurstInput): BurstStep {
  const { growth } = input;
  const grown = input.level > 0 && (input.cold || growth.blindEntry || growth.grown >= growth.worthwhile);
  const cause = grown ? 'growth' : input.due;
  if (cause === null) return { state, started: false, ended: null, heldBack: false };
  // A round pays for itself; only what may be feigned is on a budget.
  if (cause !== 'round' && state.budget < BUDGET_TO_START) {
    return { state, started: false, ended: null, heldBack: grown };
  }
  return {
    state: {
      ...state,
      active: true,
      cause,
      unskip: !grown || input.unskipPays,
      spent: 0,
      fullScans: 0,
      walked: 0,
      breaks: 0,
      stalledSec: 0,
      startedMs: input.nowMs,
      savedAtStart: input.savedPages,
      ledgerAtStart: input.ledgerPages,
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
  if (state.budget <= 0 && state.cause !== 'round') return 'budget spent';
  if (input.growth.growing > 0) return null;
  if (!secondPays(state, input)) return 'done';
  const endsNow = (input.interval?.fullScans ?? 0) > 0;
  const twice = endsNow && state.fullScans >= 2 && state.walked >= 2 * NEARLY * input.mergeablePages;
  if (!twice && state.fullScans < SURE_FULL_SCANS) return null;
  if (state.cause !== 'growth' || state.fullScans >= MAX_FULL_SCANS || input.interval === null) return 'done';
  return merges(input) ? null : 'done';
}

/** Did the last second bring more than its CPU? */
function merges({ interval, breakEvenYield }: BurstInput): boolean {
  if (interval === null) return false;
  return interval.savedDelta > CARRY_ON_FACTOR * breakEvenYield * (interval.scanned + interval.skipped);
}

/** ksmd goes on a little before the end of a full scan is seen. */
const NEARLY = 0.9;

/**
 * A page that is as it was at its last visit merges at the first one; the second is for those that changed, which ksmd
 * counts as volatile until then. In a round few of them are not worth it; new memory has only just come. Two ends of a full
 * scan have one complete one between them, wherever ksmd stood: pages meet only in the tree of one full scan.
 */
function secondPays(state: BurstState, input: BurstInput): boolean {
  if (state.cause === 'growth' || !state.unskip || state.fullScans < 2) return true;
  return input.changedPages >= input.breakEvenYield * input.mergeablePages;
}

/** Pages that the saving gained since the burst's start; what ended meanwhile took nothing of it away. */
export function gainedInBurst(state: BurstState, ledgerPages: number): number {
  return ledgerPages - state.ledgerAtStart;
}

/** Pages that a round found: what the saving gained, and what broke meanwhile. */
export function foundInBurst(state: BurstState, ledgerPages: number): number {
  return Math.max(0, gainedInBurst(state, ledgerPages) + state.breaks);
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
