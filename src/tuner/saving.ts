/**
 * The true saving. `pages_sharing` goes down only when ksmd next comes by a page: after a COW break, which `cow_ksm` counts
 * at once, and after its process has ended, which shows at once in what processes offer. With `run` at 0 it never does.
 * So both are booked here until ksmd has passed (Linux 6.18: measured, test/kernel/true-saving.test.ts). Zero pages are
 * exact: the fault itself corrects `ksm_zero_pages`.
 */

import type { Figure } from './figure.js';
import type { Gauges, Interval } from './reading.js';
import { leftIn, passedIn, scaled, varianceOf, walkOn, type WalkRing } from './walk-ring.js';

export interface SavingState {
  /** Broken pages. */
  readonly broken: WalkRing;
  /** Saved pages of processes that ended, or gave their memory back. */
  readonly gone: WalkRing;
}

export const initialSaving: SavingState = { broken: [], gone: [] };

/** Falls of what is offered below this many pages (1 MiB) are the heaps' own. */
const MIN_GONE_PAGES = 256;

/** How far the part saved of memory that went may differ from that of all memory, relative. */
const GONE_DOUBT = 0.5;

/** A fall of the saving that nothing explains, by more than this part in one tick, is taken for processes that ended. */
const EXIT_SHARE = 0.01;
const EXIT_PAGES = 64;

export interface SavingStep {
  readonly state: SavingState;
  /**
   * Pages merged in the interval: change of the saving and what ksmd noticed. Negative where it noticed later than
   * expected; only sums mean something, and these are exact: change of the saving + breaks - broken and not yet noticed.
   */
  readonly merges: number;
  /** Saved pages of processes that ended, as far as the gauges lost them in the interval. */
  readonly ended: number;
}

/**
 * @param savedPages at the end of the interval
 * @param scans full scans walked in it
 */
export function updateSaving(state: SavingState, interval: Interval, savedPages: number, scans: number): SavingStep {
  const broken = walkOn(state.broken, scans, interval.breaks ?? 0);
  const before = Math.max(0, savedPages - interval.savedDelta);
  const gone = walkOn(state.gone, scans, goneIn(state, interval, before)).ring;
  const merges = interval.savedDelta + broken.passed;
  const step =
    merges < 0
      ? fall({ broken: broken.ring, gone }, merges, before)
      : { state: { broken: broken.ring, gone }, merges, ended: 0 };
  return { ...step, state: withinMerged(step.state, interval.to) };
}

/**
 * Full scans walked, or the part of one. Pages of ended processes are passed without being walked.
 *
 * @param mergeablePages at the end of the interval
 */
export function scansWalked(interval: Interval, mergeablePages: number): number {
  const pages = ((interval.from?.known ?? mergeablePages) + mergeablePages) / 2;
  return Math.max((interval.scanned + interval.skipped) / Math.max(1, pages), interval.fullScans - 1);
}

/** Saved pages among the memory that is no longer offered. Unmerging breaks them, and these are booked as breaks. */
function goneIn(state: SavingState, { from, to, breaks }: Interval, savedBefore: number): number {
  if (from === undefined || to === undefined || from.offered === null || to.offered === null) return 0;
  const fell = from.offered - to.offered;
  if (!(fell >= MIN_GONE_PAGES)) return 0;
  const stillSaved = Math.max(0, savedBefore - leftIn(state.broken) - leftIn(state.gone));
  return Math.max(0, (fell / from.offered) * stillSaved - (breaks ?? 0));
}

/** More was noticed than expected: of ended processes, of breaks that ksmd came by early or late, or something unseen ended. */
function fall(state: SavingState, merges: number, savedBefore: number): SavingStep {
  let rest = -merges;
  const ended = take(state.gone, rest);
  rest -= ended.taken;
  const early = Math.min(rest, leftIn(state.broken));
  const later = scaled(state.broken, 1 - part(early, leftIn(state.broken)), 1);
  rest -= early;
  const late = Math.min(rest, passedIn(later));
  rest -= late;
  const explained = { broken: scaled(later, 1, 1 - part(late, passedIn(later))), gone: ended.ring };
  if (rest <= Math.max(EXIT_PAGES, EXIT_SHARE * savedBefore)) {
    return { state: explained, merges: 0 - late - rest, ended: ended.taken };
  }
  // What ended takes its unnoticed breaks with it.
  const stays = 1 - part(rest, savedBefore);
  const broken = scaled(explained.broken, stays, stays);
  return { state: { ...explained, broken }, merges: 0 - late, ended: ended.taken + rest };
}

function take(ring: WalkRing, pages: number): { ring: WalkRing; taken: number } {
  const left = Math.min(pages, leftIn(ring));
  const passed = Math.min(pages - left, passedIn(ring));
  return { ring: scaled(ring, 1 - part(left, leftIn(ring)), 1 - part(passed, passedIn(ring))), taken: left + passed };
}

function part(of: number, all: number): number {
  return all > 0 ? Math.min(1, of / all) : 0;
}

/** More cannot be unnoticed than the gauges still count: `run` at 2 unmerges and forgets all at once. */
function withinMerged(state: SavingState, to: Gauges | undefined): SavingState {
  if (to === undefined) return state;
  const broken = leftIn(state.broken);
  const gone = leftIn(state.gone);
  const fit = broken + gone > to.merged ? to.merged / (broken + gone) : 1;
  return fit === 1 ? state : { broken: scaled(state.broken, fit, 1), gone: scaled(state.gone, fit, 1) };
}

/** Broken pages that the gauges still count as merged. */
export function unnoticedBreaks(state: SavingState): Figure {
  return { value: leftIn(state.broken), plusMinus: Math.sqrt(varianceOf(state.broken)) };
}

/** Pages: what is left of the gauges' saving when breaks and exits not yet noticed are taken off. */
export function trueSaving(state: SavingState, gauges: Gauges): Figure {
  const gone = leftIn(state.gone);
  const { value, plusMinus } = savingBeforeExits(state, gauges);
  const variance = varianceOf(state.gone) + (GONE_DOUBT * gone) ** 2;
  return {
    value: Math.max(0, value - gauges.zero - gone) + gauges.zero,
    plusMinus: Math.hypot(plusMinus, Math.sqrt(variance)),
  };
}

/**
 * Breaks only: what part of the memory of ended processes was saved is supposed until ksmd comes by, and nobody may be
 * credited with a merge for a supposition that proves wrong. Of n mappings of a KSM page n - 1 are saved, and with the last
 * one it goes as well: so a break costs a page of saving as long as another mapping is left. How the breaks lie is not
 * told: between "all on different KSM pages" and "all mappings of a few", supposed to be as chance has it.
 */
export function savingBeforeExits(state: SavingState, gauges: Gauges): Figure {
  const { merged, shared, zero } = gauges;
  const sharing = Math.max(0, merged - shared);
  const broken = Math.min(merged, leftIn(state.broken));
  const part = merged > 0 ? broken / merged : 0;
  const least = Math.max(0, sharing - broken);
  const most = sharing * (1 - part);
  const copies = shared > 0 ? merged / shared : 1;
  const byChance = merged - broken - shared * (1 - part ** copies);
  const variance = varianceOf(state.broken) + (most - least) ** 2 / 12;
  return { value: Math.min(most, Math.max(least, byChance)) + zero, plusMinus: Math.sqrt(variance) };
}
