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

import { addBars, barOf, BARS, bucketsOf, NO_BARS } from '../model/lifetime.js';
import type { HistogramBucket, LifetimeBars } from '../model/probe.js';

type MapEntries = ReadonlyMap<string, number | string>;

interface Break {
  readonly pid: number;
  readonly ns: number;
}

/** Breaks that wait for the merge times; more are not timed. */
const WAITING = 16_384;
/** Merge times are asked for at the end of a window; breaks older than this are left out, see above. */
const WAIT_MAX_NS = 10e9;
/** Processes with counts of their own. Who has had no break timed for longest goes first; the host's counts keep all. */
const PROCESSES = 4_096;

export class Lifetimes {
  /** By `mm,page` as bpftrace prints the key of a merge: the page's last break. */
  readonly #breaks = new Map<string, Break>();
  /** Longest idle first. */
  readonly #byPid = new Map<number, LifetimeBars>();
  #all = NO_BARS;
  #newestNs = 0;
  #series = 0;

  get waiting(): number {
    return this.#breaks.size;
  }

  /** How often counts began anew. */
  get series(): number {
    return this.#series;
  }

  get byPid(): ReadonlyMap<number, LifetimeBars> {
    return this.#byPid;
  }

  /** Of all processes together. */
  get buckets(): readonly HistogramBucket[] {
    return bucketsOf(this.#all);
  }

  /** Breaks of one frame, by `mm,page,pid`. */
  addBreaks(entries: MapEntries): void {
    for (const [key, value] of entries) {
      const comma = key.lastIndexOf(',');
      const page = key.slice(0, comma);
      const ns = Number(value);
      this.#newestNs = Math.max(this.#newestNs, ns);
      this.#breaks.delete(page);
      this.#breaks.set(page, { pid: Number(key.slice(comma + 1)), ns });
    }
    for (const page of this.#breaks.keys()) {
      if (this.#breaks.size <= WAITING) break;
      this.#breaks.delete(page);
    }
  }

  /** When the pages that are merged, or were until they broke, got merged: times every break that waits for it. */
  join(births: MapEntries): void {
    const gained = new Map<number, number[]>();
    for (const [page, { pid, ns }] of this.#breaks) {
      const bornNs = Number(births.get(page) ?? NaN);
      // Later than the break: merged again since, and the merge that broke is forgotten.
      if (!(bornNs <= ns) || ns < this.#newestNs - WAIT_MAX_NS) continue;
      const bars = gained.get(pid) ?? Array.from({ length: BARS }, () => 0);
      const bar = barOf((ns - bornNs) / 1e6);
      bars[bar] = (bars[bar] ?? 0) + 1;
      gained.set(pid, bars);
    }
    this.#breaks.clear();
    for (const [pid, bars] of gained) this.#add(pid, bars);
  }

  /** Another share of the pages is timed from now on: counts would not compare. */
  clear(): void {
    this.#breaks.clear();
    this.#byPid.clear();
    this.#all = NO_BARS;
    this.#series += 1;
  }

  #add(pid: number, bars: LifetimeBars): void {
    this.#all = addBars(this.#all, bars);
    const own = addBars(this.#byPid.get(pid) ?? NO_BARS, bars);
    this.#byPid.delete(pid);
    this.#byPid.set(pid, own);
    for (const idle of this.#byPid.keys()) {
      if (this.#byPid.size <= PROCESSES) break;
      this.#byPid.delete(idle);
    }
  }
}
