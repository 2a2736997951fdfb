/** Merge lifetimes by guest, of the breaks of the last hour or two. Pure but for its memory. */

import { addBars, bucketsOf, medianLifetimeSec, NO_BARS } from '../model/lifetime.js';
import type { LifetimeBars, ProcessLifetimes } from '../model/probe.js';

/** Breaks of this hour and of the whole one before it count: what a guest did in the night says nothing of its day. */
const HOUR_MS = 3_600_000;
/** Most guests with lifetimes. Who has had no break timed for longest goes first. */
const GUESTS_MAX = 8_192;

export interface LifetimesInput {
  /** undefined: nothing times breaks here. */
  readonly lifetimes: ProcessLifetimes | undefined;
  /** Start of each process that lives, by pid. */
  readonly startTicks: ReadonlyMap<number, number>;
  /** The identity of the guest of each process, by pid; one that is not identified yet is counted once it is. */
  readonly identities: ReadonlyMap<number, string>;
  /** Monotonic clock, milliseconds. */
  readonly monoMs: number;
}

interface Seen {
  /** undefined: no sample had it; its breaks are no guest's. */
  readonly startTicks: number | undefined;
  readonly identity: string | undefined;
  readonly bars: LifetimeBars;
}

interface Hours {
  before: LifetimeBars;
  now: LifetimeBars;
  /** undefined: to be worked out. */
  median: number | null | undefined;
}

export class GuestLifetimes {
  #series: string | undefined;
  /** What was last told of each pid. */
  #seen = new Map<number, Seen>();
  /** By identity, longest idle first. */
  readonly #guests = new Map<string, Hours>();
  #hourMs: number | undefined;

  update(input: LifetimesInput): void {
    this.#turn(input.monoMs);
    const { lifetimes } = input;
    if (lifetimes === undefined) return;
    if (lifetimes.series !== this.#series) {
      this.#series = lifetimes.series;
      this.#seen.clear();
      this.#guests.clear();
    }
    const seen = new Map<number, Seen>();
    for (const [pid, bars] of lifetimes.byPid) {
      const now = this.#take(pid, bars, input);
      if (now !== undefined) seen.set(pid, now);
    }
    this.#seen = seen;
  }

  /** Median age of its merges at their break, seconds; null: too few were timed. */
  medianSec(identity: string): number | null {
    const hours = this.#guests.get(identity);
    if (hours === undefined) return null;
    if (hours.median === undefined) {
      hours.median = medianLifetimeSec(bucketsOf(addBars(hours.before, hours.now)), []);
    }
    return hours.median;
  }

  /** What is to be remembered of this pid; undefined: nothing, so that all of it counts later. */
  #take(pid: number, bars: LifetimeBars, { startTicks, identities }: LifetimesInput): Seen | undefined {
    const before = this.#seen.get(pid);
    const alive = startTicks.get(pid);
    const identity = identities.get(pid);
    if (before === undefined) {
      if (alive !== undefined && identity === undefined) return undefined;
      if (identity !== undefined) this.#add(identity, bars);
      return { startTicks: alive, identity, bars };
    }
    // Another process by now: which of the two broke what since the last look is not known.
    if (alive !== undefined && alive !== before.startTicks) return { startTicks: alive, identity, bars };
    const charged = identity ?? before.identity;
    if (bars !== before.bars && charged !== undefined) this.#add(charged, gainOf(bars, before.bars));
    return { startTicks: before.startTicks, identity: charged, bars };
  }

  #add(identity: string, gain: LifetimeBars): void {
    if (gain.every((count) => count === 0)) return;
    const hours = this.#guests.get(identity) ?? { before: NO_BARS, now: NO_BARS, median: undefined };
    hours.now = addBars(hours.now, gain);
    hours.median = undefined;
    this.#guests.delete(identity);
    this.#guests.set(identity, hours);
    for (const idle of this.#guests.keys()) {
      if (this.#guests.size <= GUESTS_MAX) break;
      this.#guests.delete(idle);
    }
  }

  #turn(monoMs: number): void {
    this.#hourMs ??= monoMs;
    if (monoMs - this.#hourMs < HOUR_MS) return;
    const isLongGone = monoMs - this.#hourMs >= 2 * HOUR_MS;
    this.#hourMs = monoMs;
    for (const [identity, hours] of this.#guests) {
      hours.before = isLongGone ? NO_BARS : hours.now;
      hours.now = NO_BARS;
      hours.median = undefined;
      if (hours.before.every((count) => count === 0)) this.#guests.delete(identity);
    }
  }
}

/** Counts that went back began anew, which the series should have said: nothing is charged. */
function gainOf(now: LifetimeBars, before: LifetimeBars): LifetimeBars {
  const gain = now.map((count, bar) => count - (before[bar] ?? 0));
  return gain.some((count) => count < 0) ? NO_BARS : gain;
}
