/** The inner loop: keeps ksmd's measured CPU under the operator's cap, whatever the pages cost this second. */

import { shareOf } from './knobs.js';
import type { Knobs } from './types.js';

/** Part of the cap that is aimed at; the rest absorbs what one second cannot foresee. */
const AIM = 0.95;

/** Seconds in which an excess is paid back by running below the cap. */
const PAY_BACK_SEC = 4;

/** Seconds of cap that an excess may add up to: a hiccup is not paid for all day. */
const MAX_EXCESS_SEC = 10;

/** However large the excess, this part of the cap stays: a scanner that stands still cannot be measured. */
const MIN_PART = 0.05;

/** Seconds that the cap is judged over, and how far above it the mean over them may be. */
const WINDOW_SEC = 10;
const TOLERANCE = 1.1;

/** Intervals remembered at most, when samples come much faster than once a second. */
const MAX_RECENT = 32;

/** The next second's pages may always cost this many times the last second's; more when dearer ones are known. */
const MIN_SURPRISE = 3;

/** The trim learns only where sleeps matter, and corrects no more than late timers can explain. */
const TRIM_FROM_SHARE = 0.1;
const TRIM_GAIN = 0.3;
const MIN_TRIM = 0.7;
const MAX_TRIM = 1.4;

export interface Spent {
  readonly seconds: number;
  readonly cpuSec: number;
}

export interface CapState {
  /** CPU seconds used beyond the cap and not yet paid back. */
  readonly excessSec: number;
  /** The last nine seconds or so, oldest first. */
  readonly recent: readonly Spent[];
  /** How much longer than planned ksmd sleeps, as a factor on pages per batch. */
  readonly trim: number;
}

export const initialCap: CapState = { excessSec: 0, recent: [], trim: 1 };

export interface CapInput {
  readonly seconds: number;
  /** Null where the host cannot say: then there is nothing to hold and conservative costs stand in. */
  readonly cpuSec: number | null;
  /** Share of one core, 0 to 1. */
  readonly cap: number;
  /** In force since the last reading: writes follow right after one. */
  readonly knobs: Knobs;
  readonly scanned: number;
  /** Pages of a full scan: a batch is cut short at its end, which looks like a longer sleep. */
  readonly mergeablePages: number;
}

export function updateCap(state: CapState, input: CapInput): CapState {
  const { cpuSec, seconds, cap } = input;
  if (cpuSec === null || !(seconds > 0)) return state;
  const excess = state.excessSec + cpuSec - cap * seconds;
  return {
    excessSec: Math.min(MAX_EXCESS_SEC * cap, Math.max(0, excess)),
    recent: remember(state.recent, { seconds, cpuSec }),
    trim: nextTrim(state.trim, input, cpuSec),
  };
}

/** Keeps what lies within the window less the second that is being planned. */
function remember(recent: readonly Spent[], latest: Spent): readonly Spent[] {
  let seconds = latest.seconds;
  let first = recent.length;
  while (first > 0 && recent.length - first < MAX_RECENT) {
    seconds += recent[first - 1]?.seconds ?? 0;
    // A tick is never quite a second: a tenth of one does not push the oldest out.
    if (seconds > WINDOW_SEC - 0.9) break;
    first -= 1;
  }
  return [...recent.slice(first), latest];
}

function nextTrim(trim: number, input: CapInput, cpuSec: number): number {
  const { knobs } = input;
  if (knobs.run !== 1 || !(input.scanned > 0) || input.mergeablePages < 4 * knobs.pages_to_scan) return trim;
  // By what a page cost in this very interval: what is left between plan and measurement is the sleep.
  const planned = shareOf(knobs, cpuSec / input.scanned, trim);
  const measured = Math.min(0.95, cpuSec / input.seconds);
  if (planned < TRIM_FROM_SHARE || measured <= 0) return trim;
  // The odds of working against sleeping are what N scales.
  const odds = planned / (1 - planned) / (measured / (1 - measured));
  const next = trim * Math.min(2, Math.max(0.5, odds)) ** TRIM_GAIN;
  return Number.isFinite(next) ? Math.min(MAX_TRIM, Math.max(MIN_TRIM, next)) : trim;
}

/**
 * The share that may be planned for the next second: near the cap, less what must be paid back, and so that even pages
 * that turn out `surprise` times dearer keep the mean over ten seconds within 1.1 caps. The last one binds below caps
 * of about 40 % only: above, a whole second at full speed still fits.
 *
 * @param surprise the dearest page known over the page planned with
 */
export function shareAllowed(state: CapState, cap: number, surprise: number): number {
  const k = Math.max(MIN_SURPRISE, Number.isFinite(surprise) ? surprise : MIN_SURPRISE);
  const spent = state.recent.reduce((sum, { cpuSec }) => sum + cpuSec, 0);
  const left = TOLERANCE * WINDOW_SEC * cap - spent;
  // Share u of pages k times dearer becomes k u / (1 - u + k u); solved for u where that is what is left.
  const safe = left >= 1 ? 1 : left / (k - left * (k - 1));
  return Math.max(MIN_PART * cap, Math.min(AIM * cap - state.excessSec / PAY_BACK_SEC, safe));
}
