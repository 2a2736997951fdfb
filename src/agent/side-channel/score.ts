/**
 * From the breaks of a guest's pages to a score. Pure.
 *
 * Whoever reads other guests by the timing of writes fills a page with a guess, waits until ksmd has merged it if the
 * guess was right, writes to it and times the write: a merged page is copied, which takes many times as long. Noise
 * makes one write worthless, so it repeats. Seen from the host: the page is broken from a KSM page, and soon again from
 * the very same one, which somebody else has kept alive. No other page of the guest has that content, since two equal
 * pages merge with each other and answer nothing. Ordinary memory that is written often has new content each time, or
 * one that many pages have (zeros).
 */

import type { ProbeEvidence } from '../model/side-channel.js';
import {
  FULL_EVIDENCE_PAGES,
  LEAST_ACCIDENTS,
  MAX_PAIRS,
  MAX_TWINS,
  MIN_PURITY,
  MIN_PAGES,
  MIN_RETURNS,
  SWEEP_MS,
  type TimeLimits,
} from './limits.js';
import type { BreakPair, PageRecord } from './page-history.js';

/** `pages`: of one guest. `nowMs`: CLOCK_MONOTONIC. */
export function gatherEvidence(pages: readonly PageRecord[], limits: TimeLimits, nowMs: number): ProbeEvidence {
  const holders = new Map<number, number>();
  for (const { content } of pages) holders.set(content, (holders.get(content) ?? 0) + 1);
  const returning: BreakPair[][] = [];
  /** Of the other pages, those that hold what could be a guess. */
  const others: Tries[] = [];
  let otherPages = 0;
  for (const page of pages) {
    const pairs = page.pairs.filter(({ atMs }) => atMs >= nowMs - limits.windowMs);
    if (pairs.length < MIN_RETURNS) continue;
    const returns = pairs.filter(({ same, gapMs }) => same && gapMs <= limits.slowestMs);
    const isGuess = (holders.get(page.content) ?? 0) <= MAX_TWINS;
    if (isGuess && returns.length >= returnsNeeded(pairs.length)) {
      returning.push(returns);
      continue;
    }
    otherPages += 1;
    if (isGuess) others.push({ pairs: pairs.length, returns: returns.length });
  }
  const all = returning.flat();
  return {
    returningPages: returning.length,
    returns: all.length,
    sweepShare: returning.length === 0 ? 0 : largestSweep(returning) / returning.length,
    periodSec: median(all.map(({ gapMs }) => gapMs)) / 1_000,
    otherPages,
    accidents: accidentsAmong(others),
  };
}

/**
 * 0 to 1. The returning pages beyond what accident would bring, with two standard deviations of that, in proportion to
 * FULL_EVIDENCE_PAGES; half of it counts as such, the other half as far as the pages are written in one sweep. So the
 * threshold, 0.5, is reached by four pages in one sweep, or by eight at any times.
 */
export function scoreOf({ returningPages, sweepShare, accidents }: ProbeEvidence): number {
  if (returningPages < MIN_PAGES) return 0;
  const beyond = returningPages - accidents - 2 * Math.sqrt(accidents);
  return Math.min(1, Math.max(0, beyond / FULL_EVIDENCE_PAGES)) * (0.5 + 0.5 * sweepShare);
}

interface Tries {
  readonly pairs: number;
  readonly returns: number;
}

function returnsNeeded(pairs: number): number {
  return Math.max(MIN_RETURNS, Math.ceil(MIN_PURITY * pairs));
}

/**
 * How many pages would be returning ones if pages came back at random, as often as those do that are none: of memory that
 * is filled with one of few contents, a part always comes back.
 */
function accidentsAmong(others: readonly Tries[]): number {
  const pairs = others.reduce((sum, one) => sum + one.pairs, 0);
  if (pairs === 0) return 0;
  const returns = others.reduce((sum, one) => sum + one.returns, 0);
  const chance = Math.min(MAX_CHANCE, (SURVIVORS * returns) / pairs);
  const odds = Array.from({ length: MAX_PAIRS + 1 }, (_, tries) => {
    const probability = atLeast(returnsNeeded(tries), tries, chance);
    return Math.max(LEAST_ACCIDENTS, probability / (1 - probability));
  });
  return others.reduce((sum, one) => sum + (odds[one.pairs] ?? 0), 0);
}

/** The pages that came back are not among the others, so their share is too low; by this much at most. */
const SURVIVORS = 1.2;
/** Beyond it the odds would be those of a page that always comes back. */
const MAX_CHANCE = 0.9;

/** Binomial: of `tries`, at least `wanted`. */
function atLeast(wanted: number, tries: number, chance: number): number {
  let sum = 0;
  let ways = 1;
  for (let hits = 0; hits <= tries; hits += 1) {
    if (hits >= wanted) sum += ways * chance ** hits * (1 - chance) ** (tries - hits);
    ways = (ways * (tries - hits)) / (hits + 1);
  }
  return sum;
}

/** Most of the pages that returned within SWEEP_MS. */
function largestSweep(pages: readonly (readonly BreakPair[])[]): number {
  const times = pages.flatMap((returns, page) => returns.map(({ atMs }) => ({ atMs, page })));
  times.sort((a, b) => a.atMs - b.atMs);
  const inside = new Map<number, number>();
  let largest = 0;
  let from = 0;
  for (const { atMs, page } of times) {
    inside.set(page, (inside.get(page) ?? 0) + 1);
    for (let first = times[from]; first !== undefined && atMs - first.atMs > SWEEP_MS; first = times[from]) {
      const left = (inside.get(first.page) ?? 0) - 1;
      if (left === 0) inside.delete(first.page);
      else inside.set(first.page, left);
      from += 1;
    }
    largest = Math.max(largest, inside.size);
  }
  return largest;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
