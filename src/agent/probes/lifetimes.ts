/**
 * Merge lifetimes where merges and breaks are seen by two bpftrace processes: merges always, breaks in windows. Both
 * name a page by its mm and address, for the same pages by hash; here they meet. Pure. Times are the kernel's
 * CLOCK_MONOTONIC in nanoseconds, the same in both.
 *
 * What it is: the lifetimes of breaks that fell into windows, each known from its merge to its break; no scaling. A merge
 * from before the agent's start is not known, nor is the break of a page that was merged again within the few seconds
 * until the merge times were asked for. Whether a break is taken does not depend on how long the merge had lived, but for
 * these two.
 */

import type { HistogramBucket } from '../model/probe.js';

/** Breaks that wait for the merge times; more are not timed. */
const WAITING = 16_384;
/** Merge times are asked for at the end of a window; breaks older than this are left out, see above. */
const WAIT_MAX_NS = 10e9;

export class Lifetimes {
  /** By `mm,page` as bpftrace prints the key: when the page was broken last. */
  readonly #breaks = new Map<string, number>();
  readonly #counts = new Map<number, number>();
  #newestNs = 0;

  get waiting(): number {
    return this.#breaks.size;
  }

  /** Breaks of one frame. */
  addBreaks(entries: ReadonlyMap<string, number | string>): void {
    for (const [key, ns] of entries) {
      this.#newestNs = Math.max(this.#newestNs, Number(ns));
      this.#breaks.delete(key);
      this.#breaks.set(key, Number(ns));
    }
    for (const key of this.#breaks.keys()) {
      if (this.#breaks.size <= WAITING) break;
      this.#breaks.delete(key);
    }
  }

  /** When the pages that are merged, or were until they broke, got merged: times every break that waits for it. */
  join(births: ReadonlyMap<string, number | string>): void {
    for (const [key, brokenNs] of this.#breaks) {
      const bornNs = Number(births.get(key) ?? NaN);
      // Later than the break: merged again since, and the merge that broke is forgotten.
      if (!(bornNs <= brokenNs) || brokenNs < this.#newestNs - WAIT_MAX_NS) continue;
      const lowerMs = lowerBound((brokenNs - bornNs) / 1e6);
      this.#counts.set(lowerMs, (this.#counts.get(lowerMs) ?? 0) + 1);
    }
    this.#breaks.clear();
  }

  /** Another share of the pages is timed from now on: counts would not compare. */
  clear(): void {
    this.#breaks.clear();
    this.#counts.clear();
  }

  get buckets(): readonly HistogramBucket[] {
    return [...this.#counts]
      .sort(([a], [b]) => a - b)
      .map(([lowerMs, count]) => ({ lowerMs, upperMs: Math.max(1, 2 * lowerMs), count }));
  }
}

/** Bars as bpftrace's hist() makes them: below one millisecond, then powers of two. */
function lowerBound(ms: number): number {
  return ms < 1 ? 0 : 2 ** Math.floor(Math.log2(Math.floor(ms)));
}
