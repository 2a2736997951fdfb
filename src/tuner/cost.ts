/**
 * What a page costs ksmd, from its CPU time over the pages it walked. Hosts differ by more than tenfold (1.4 to 50 us
 * are reported) and one host's pages do as well: a page already merged costs a look, a new one a checksum, a merge
 * several locks. Two memories serve two purposes: a short one sets the knobs, a long one the economics.
 */

import { initialSplit, split, updateSplit, type Split, type SplitState } from './cost-split.js';
import type { Interval } from './reading.js';

/** Seconds per scanned page supposed before the first measurement: above most hosts, so that the first second is soft. */
export const PRIOR_SEC_PER_PAGE = 20e-6;

/** Supposed for good where ksmd's CPU time cannot be read: the most ever reported, so that the cap holds anyway. */
export const BLIND_SEC_PER_PAGE = 50e-6;

/** Pages that the prior weighs. A second of the slowest start scans more. */
const PRIOR_PAGES = 200;

/** CPU seconds of scanning that the short memory reaches back: a second or two of a burst. */
const SHORT_MEMORY_SEC = 0.5;

/** CPU seconds that the long memory reaches back, unless a full scan takes more. */
const LONG_MEMORY_SEC = 2;

/**
 * Seconds per page to be ready for in the next second, until dearer ones were seen: 6.18 took 0.7 us for first visits and
 * up to 8 us where it merged; half as much again for other hosts. What was seen fades over PEAK_MEMORY_SEC CPU seconds.
 */
const PEAK_PRIOR_SEC = 12e-6;
const PEAK_MEMORY_SEC = 20;

/** Pages that one interval must have scanned for its mean to count as a peak. */
const PEAK_PAGES = 1000;

/** No page costs less than a cache miss or more than a scheduler tick. Seconds. */
const MIN_SEC_PER_PAGE = 2e-8;
const MAX_SEC_PER_PAGE = 1e-3;

/** Sums that fade as CPU time is spent, not as time passes: a slow scanner is remembered for longer. */
export interface CostState {
  readonly shortCpuSec: number;
  readonly shortScanned: number;
  /** Dearest interval, seconds per scanned page. */
  readonly peakSec: number;
  readonly longCpuSec: number;
  readonly longWalked: number;
  /** Sum of cpu^2 / walked, for the spread. */
  readonly longSquares: number;
  readonly longSkipped: number;
  /** The kinds of pages apart. */
  readonly split: SplitState;
}

export const initialCost: CostState = {
  shortCpuSec: 0,
  shortScanned: 0,
  peakSec: 0,
  longCpuSec: 0,
  longWalked: 0,
  longSquares: 0,
  longSkipped: 0,
  split: initialSplit,
};

/**
 * @param fullScanCpuSec CPU seconds of one full scan as far as known: the long memory spans at least one
 * @param unskipped `smart_scan` is held at 0, which says nothing of a full scan that skips: new memory would seem too dear
 */
export function updateCost(state: CostState, interval: Interval, fullScanCpuSec: number, unskipped = false): CostState {
  const { cpuSec, scanned, skipped } = interval;
  const walked = scanned + skipped;
  if (cpuSec === null || cpuSec <= 0 || walked <= 0 || cpuSec > 2 * interval.seconds) return state;
  const short = Math.exp(-cpuSec / SHORT_MEMORY_SEC);
  const long = Math.exp(-cpuSec / Math.max(LONG_MEMORY_SEC, fullScanCpuSec));
  const next = {
    ...state,
    shortCpuSec: state.shortCpuSec * short + cpuSec,
    shortScanned: state.shortScanned * short + scanned,
    peakSec: Math.max(
      state.peakSec * Math.exp(-cpuSec / PEAK_MEMORY_SEC),
      scanned >= PEAK_PAGES ? Math.min(MAX_SEC_PER_PAGE, cpuSec / scanned) : 0,
    ),
    split: updateSplit(state.split, interval, cpuSec),
  };
  if (unskipped && state.longSkipped > 0) return next;
  return {
    ...next,
    longCpuSec: state.longCpuSec * long + cpuSec,
    longWalked: state.longWalked * long + walked,
    longSquares: state.longSquares * long + (cpuSec * cpuSec) / walked,
    longSkipped: state.longSkipped * long + skipped,
  };
}

export interface Cost extends Split {
  /** CPU seconds per scanned page, skipped ones on the way included: what the knobs are computed with. */
  readonly secPerScanned: number;
  /** The dearest that secPerScanned may become within a second. */
  readonly peakSecPerScanned: number;
  /** CPU seconds per walked page (scanned or skipped): times the mergeable pages, the cost of a full scan. */
  readonly secPerWalked: number;
  /** Spread of secPerWalked from tick to tick, one standard deviation; null before two measurements can differ. */
  readonly spread: number | null;
  /** Part of the walked pages that smart_scan skips, 0 to 1. */
  readonly skippedShare: number;
  /** Enough pages were walked for the figures to be more than the prior. */
  readonly measured: boolean;
  /** This host tells ksmd's CPU time. */
  readonly readable: boolean;
}

/** @param readable whether this host tells ksmd's CPU time */
export function cost(state: CostState, readable: boolean): Cost {
  if (!readable) {
    const c = BLIND_SEC_PER_PAGE;
    const blind = { value: c, plusMinus: c };
    return {
      secPerScanned: c,
      peakSecPerScanned: c,
      secPerWalked: c,
      spread: null,
      skippedShare: 0,
      perMerged: blind,
      perUnmerged: blind,
      perScanned: blind,
      perSkipped: blind,
      measured: false,
      readable,
    };
  }
  const prior = PRIOR_SEC_PER_PAGE * PRIOR_PAGES;
  const short = bounded((state.shortCpuSec + prior) / (state.shortScanned + PRIOR_PAGES));
  const walked = bounded((state.longCpuSec + prior) / (state.longWalked + PRIOR_PAGES));
  const mean = state.longCpuSec / state.longWalked;
  const variance = state.longSquares / state.longWalked - mean * mean;
  return {
    // The next pages may be dearer than the last second's (ksmd walks from merged into new memory): never plan with
    // much less than the long mean.
    secPerScanned: Math.max(short, walked / 2),
    peakSecPerScanned: Math.max(PEAK_PRIOR_SEC, state.peakSec),
    secPerWalked: walked,
    spread: variance >= 0 ? Math.sqrt(variance) : null,
    skippedShare: state.longWalked > 0 ? state.longSkipped / state.longWalked : 0,
    ...split(state.split),
    measured: state.longWalked >= PRIOR_PAGES,
    readable,
  };
}

function bounded(secPerPage: number): number {
  return Math.min(MAX_SEC_PER_PAGE, Math.max(MIN_SEC_PER_PAGE, secPerPage));
}
