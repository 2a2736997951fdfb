/** Between a CPU share for ksmd and the two knobs that bring it about, as the kernel's scan loop behaves. */

/**
 * CPU seconds of one batch at most. ksmd holds its mutex for a whole batch, so a write to `run` waits this long, and
 * the mmap lock of the process it walks for stretches of it. Longer batches save nothing: wake-ups are then rare anyway.
 */
export const BATCH_SEC = 0.015;

/**
 * Seconds per page that a batch must be ready for: a visit that searches the trees and merges took 4 to 8 us where a
 * first visit took 0.7 (6.18). So a batch planned on cheap pages stays short when the dear ones come.
 */
const DEAR_SEC_PER_PAGE = 4e-6;

/**
 * Milliseconds. One jiffy at HZ=250, the most common build: the kernel rounds shorter sleeps up to it, and 0 makes
 * ksmd spin without any pause.
 */
export const MIN_SLEEP_MS = 4;

/** Milliseconds. ksmd then wakes every other second at most; a write to `sleep_millisecs` wakes it at once. */
export const MAX_SLEEP_MS = 2000;

/**
 * Pages per batch at most: 15 ms of work at 0.15 us a page, cheaper than any page that has been reported. It bounds the
 * batch that starts when ksmd leaves cheap pages for dear ones.
 */
export const MAX_PAGES_TO_SCAN = 100_000;

/** Milliseconds by which a sleep of n jiffies ends late on average: between n and n + 1 at HZ=250. */
const SLEEP_LATE_MS = 2;

/** The largest share that MIN_SLEEP_MS leaves room for. */
const MAX_SHARE = 0.8;

export interface ScanKnobs {
  readonly pages_to_scan: number;
  readonly sleep_millisecs: number;
}

/**
 * Knobs for a wanted share of one core: from u = N c / (s + N c) follows N = u s / ((1 - u) c).
 *
 * @param share wanted ksmd CPU, 0 to 1 of one core
 * @param secPerPage CPU seconds per scanned page, skipped pages on the way included
 * @param trim factor on N, 1 when sleeps are as long as supposed; see cap.ts
 */
export function planKnobs(share: number, secPerPage: number, trim = 1): ScanKnobs {
  const u = Math.min(MAX_SHARE, Math.max(0, share));
  const c = Math.max(secPerPage, 1e-9);
  const batchMs = 1000 * BATCH_SEC * Math.min(1, c / DEAR_SEC_PER_PAGE);
  const sleep_millisecs = u <= 0 ? MAX_SLEEP_MS : roundSleep((batchMs * (1 - u)) / u);
  const pages = (u * effectiveSleepSec(sleep_millisecs) * trim) / ((1 - u) * c);
  return { pages_to_scan: roundPages(pages), sleep_millisecs };
}

/** The share of one core that ksmd takes with these knobs while it has enough to scan. */
export function shareOf(knobs: ScanKnobs, secPerPage: number, trim = 1): number {
  const work = (Math.max(0, knobs.pages_to_scan) * secPerPage) / trim;
  return work <= 0 ? 0 : work / (work + effectiveSleepSec(knobs.sleep_millisecs));
}

/** Seconds between two batches. */
export function effectiveSleepSec(sleep_millisecs: number): number {
  return sleep_millisecs <= 0 ? 0 : (sleep_millisecs + SLEEP_LATE_MS) / 1000;
}

/** Whole jiffies at HZ 100, 250 and 1000 from 20 ms up, at HZ 250 and 1000 below; always rounded down: short batches. */
function roundSleep(ms: number): number {
  const step = ms < 20 ? 4 : 20;
  return Math.min(MAX_SLEEP_MS, Math.max(MIN_SLEEP_MS, Math.floor(ms / step) * step));
}

/** Two digits: what is read in a log need not be more exact than what it rests on. */
function roundPages(pages: number): number {
  if (!(pages > 1)) return 1;
  if (pages >= MAX_PAGES_TO_SCAN) return MAX_PAGES_TO_SCAN;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(pages)) - 1);
  return Math.max(1, Math.floor(pages / unit) * unit);
}
