/**
 * The numbers that the watch rests on, each with its unit and its reason. Times follow the full scan, because that is the
 * clock of whoever probes: ksmd must come by twice before a page is merged.
 */

/** Pages whose breaks are remembered; beyond it, every second page is forgotten. About 10 MiB at most. */
export const MAX_PAGES = 32_768;

/** Breaks remembered of one page. Of more rounds than this the newest count. */
export const MAX_PAIRS = 8;

/** Two breaks of a page within this time are one break seen twice, by two threads or two programs; milliseconds. */
export const SAME_BREAK_MS = 5;

/**
 * A page returns when it was broken from the same KSM page again; so many returns are a habit. Two happen to a guest that
 * is rebooted three times in a row, and to one page in nine that somebody fills with one of three contents at random.
 */
export const MIN_RETURNS = 3;

/** Least part of a page's breaks that must be returns: a probed page has one content, volatile memory has many. */
export const MIN_PURITY = 0.8;

/**
 * A content that more pages of the guest hold is no guess about another guest: two equal pages of one guest merge with
 * each other and tell it nothing. Rules out zero pages, freed memory and pools of few contents.
 */
export const MAX_TWINS = 2;

/** Fewer returning pages than this are never called suspicious. */
export const MIN_PAGES = 4;

/** Pages written within this time are one sweep, milliseconds. At 5 us a page, a prober writes 200,000 in it. */
export const SWEEP_MS = 1_000;

/** So many returning pages beyond accident, in no sweep, are as suspicious as half of them in one. */
export const FULL_EVIDENCE_PAGES = 8;

/** For each page that is broken as often and does not return, so many are taken to return by accident, at least. */
export const LEAST_ACCIDENTS = 0.01;

export const THRESHOLD = 0.5;

/** A suspicious guest stays so until its score is below this. */
export const OVER = 0.25;

/** One return takes two visits of ksmd; with smart_scan, which skips up to eight of nine, up to 20 full scans. */
const SLOWEST_SCANS = 32;
const SLOWEST_MIN_MS = 60_000;
const SLOWEST_MAX_MS = 6 * 3_600_000;

/** Rounds that the memory of a page reaches back over. */
const WINDOW_ROUNDS = 8;
const WINDOW_MAX_MS = 24 * 3_600_000;

/** Taken where no full scan has been seen: at that length the limits are their least. */
const UNKNOWN_SCAN_MS = 1_000;

export interface TimeLimits {
  /** The longest that a return may take. A slower prober is not found. */
  readonly slowestMs: number;
  /** What is older is forgotten. */
  readonly windowMs: number;
}

/** `fullScanMs`: how long ksmd takes to come by again, sleeps included; undefined: not known. */
export function timeLimits(fullScanMs: number | undefined): TimeLimits {
  const slowest = SLOWEST_SCANS * (fullScanMs ?? UNKNOWN_SCAN_MS);
  const slowestMs = Math.min(SLOWEST_MAX_MS, Math.max(SLOWEST_MIN_MS, slowest));
  return { slowestMs, windowMs: Math.min(WINDOW_MAX_MS, WINDOW_ROUNDS * slowestMs) };
}
