/**
 * What rounds teach, and when the next one is due. A round visits every page twice: what it finds to merge became
 * mergeable since the last one. Where no interval pays by what was found, a look is taken all the same, for changed
 * contents announce themselves by nothing; on a timer that doubles while looks find too little to pay for them.
 */

import type { Figure } from './figure.js';
import { GAIN_HORIZON_SEC } from './growth.js';
import { stillThere } from './track.js';

/** Of pages that break, the part supposed to become mergeable again, until rounds have told. */
const REMERGE_PRIOR = 0.5;

/** The prior weighs as much as this many rounds. What was found counts half with each round that follows. */
const PRIOR_ROUNDS = 0.5;
const FADE = 0.5;

/** Shortest and longest wait of a look, seconds. */
const SHORTEST_WAIT_SEC = 1800;
const LONGEST_WAIT_SEC = 8 * 3600;

/** The first look after memory came, or after one that paid, may take this share of a core until it is due. */
const FIRST_LOOK_SHARE = 0.03;

/**
 * Further ones may take this share of a core, or this part of what all offered memory is worth where that is more: 1 TiB at
 * 8 GiB a core would never be looked at otherwise.
 */
const LOOK_SHARE = 0.003;
const LOOK_SHARE_OF_WORTH = 0.0002;

export interface RoundsState {
  /** Pages found, the seconds in which they gathered (less those in which such pages die), and rounds; fading. */
  readonly found: number;
  readonly seconds: number;
  readonly rounds: number;
  /** Seconds since every page was last visited twice. */
  readonly sinceSec: number;
  /** Highest rate of breaks since then, pages per second: later it falls because nothing is merged again. */
  readonly breakRate: number;
  /** How long pages that broke had been merged, seconds, where probes tell and it means something; else null. */
  readonly brokenLifetimeSec: number | null;
  /** Seconds that a look waits; null before the first, which is due at once. */
  readonly waitSec: number | null;
}

export const initialRounds: RoundsState = {
  found: 0,
  seconds: 0,
  rounds: 0,
  sinceSec: 0,
  breakRate: 0,
  brokenLifetimeSec: null,
  waitSec: null,
};

/** What a round costs, and what the memory is worth that it visits. */
export interface RoundPrice {
  /** CPU seconds of the two full scans. */
  readonly cpuSec: number;
  /** Offered pages. */
  readonly level: number;
  /** Core-seconds per page-second. */
  readonly worth: number;
}

/** Pages per second that become mergeable. */
export function arrivals(state: RoundsState): Figure {
  const prior = REMERGE_PRIOR * state.breakRate;
  const weight = state.rounds / (state.rounds + PRIOR_ROUNDS);
  const seconds = Math.max(state.seconds, 1e-3);
  return {
    value: weight * (state.found / seconds) + (1 - weight) * prior,
    plusMinus: weight * (Math.sqrt(state.found + 1) / seconds) + (1 - weight) * prior,
  };
}

/**
 * Right after a round all that it merged is young, and what breaks then broke young, however long the rest will live. So a
 * lifetime of broken pages counts only well below the time since.
 */
const MEANINGFUL_SHARE = 1 / 3;

/** What is observed of breaks; null: not known. */
export interface Breaking {
  /** Pages per second, lately. */
  readonly breakRate: number | null;
  /** Median of the pages that broke lately. */
  readonly brokenLifetimeSec: number | null;
}

export function passTime(state: RoundsState, seconds: number, breaking: Breaking): RoundsState {
  const { brokenLifetimeSec } = breaking;
  const breakRate = Math.max(state.breakRate, breaking.breakRate ?? 0);
  const sinceSec = Math.min(Number.MAX_SAFE_INTEGER, state.sinceSec + Math.max(0, seconds));
  const means = brokenLifetimeSec !== null && brokenLifetimeSec <= MEANINGFUL_SHARE * sinceSec;
  return { ...state, sinceSec, breakRate, brokenLifetimeSec: means ? brokenLifetimeSec : state.brokenLifetimeSec };
}

/** Seconds until the next round; `everySec` null: none pays, and a look it is. */
export function untilNextSec(state: RoundsState, everySec: number | null): number {
  const waitSec = state.waitSec ?? 0;
  return Math.max(0, Math.min(everySec ?? Infinity, waitSec) - state.sinceSec);
}

/** After a round: `found` pages, of contents that live so long. */
export function closeRound(state: RoundsState, price: RoundPrice, found: number, lifetimeSec: number): RoundsState {
  const paid = found * price.worth * GAIN_HORIZON_SEC >= price.cpuSec;
  const first = state.waitSec === null;
  const waitSec = paid || first ? firstWait(price) : longerWait(state, price);
  // What the first round finds had gathered since nobody knows when.
  if (first) return { ...state, sinceSec: 0, breakRate: 0, waitSec };
  return {
    ...state,
    found: FADE * state.found + Math.max(0, found),
    seconds: FADE * state.seconds + stillThere(state.sinceSec, lifetimeSec),
    rounds: FADE * state.rounds + 1,
    sinceSec: 0,
    brokenLifetimeSec: null,
    breakRate: 0,
    waitSec,
  };
}

/** ksmd walks nothing: the next try is a look later than the last one. */
export function putOff(state: RoundsState): RoundsState {
  return {
    ...state,
    sinceSec: 0,
    waitSec: Math.min(LONGEST_WAIT_SEC, Math.max(SHORTEST_WAIT_SEC, 2 * (state.waitSec ?? 0))),
  };
}

/**
 * After a burst for new memory that visited every page as well: it teaches nothing of arrivals. A host that is mostly new
 * is another host, and what rounds had taught is forgotten.
 */
export function afterBurst(state: RoundsState, price: RoundPrice, mostlyNew: boolean): RoundsState {
  if (mostlyNew) return { ...initialRounds, waitSec: firstWait(price) };
  return { ...state, sinceSec: 0, breakRate: 0, waitSec: Math.max(firstWait(price), state.waitSec ?? 0) };
}

function firstWait({ cpuSec }: RoundPrice): number {
  return Math.max(SHORTEST_WAIT_SEC, cpuSec / FIRST_LOOK_SHARE);
}

/** After a look that did not pay; a round in between leaves the wait as it is. */
function longerWait({ sinceSec, waitSec }: RoundsState, { cpuSec, level, worth }: RoundPrice): number {
  const wait = waitSec ?? 0;
  if (sinceSec < wait) return wait;
  const affordable = cpuSec / Math.max(LOOK_SHARE, LOOK_SHARE_OF_WORTH * level * worth);
  return Math.max(affordable, Math.min(LONGEST_WAIT_SEC, 2 * wait));
}
