/**
 * COW breaks between two windows, charged to processes. Their number is known (`cow_ksm` less what was counted); who made
 * them is not. The rule: each process's rate of breaks runs in a straight line from the window before to the window
 * after, and the known growth of each moment is split by the rates at that moment. What windows could not charge, the
 * unattributed rest, has a rate like a process and keeps its share. Pure. Times are monotonic seconds.
 *
 * Until the window after has come, the one before alone decides, over no more growth than its rates would make; growth
 * beyond that has a new cause, and waits for the window that sees it. Figures already told are never taken back: who was
 * given too much gets the less of later growth. Whole breaks are given, and never more in all than there were.
 */

/** Rates of one window, or of the end of it that faces the gap. */
export interface WindowRates {
  /** Counted breaks per second by pid. */
  readonly perSec: ReadonlyMap<number, number>;
  /** Breaks per second that nobody was charged with. */
  readonly restPerSec: number;
}

/** A window speaks for this many seconds on either side of it; growth beyond is the rest. */
export const REACH_SEC = 900;

/** Growth that the window before does not explain begins above its own rates by this factor. */
const EXPLAINED = 1.25;

/** Moments of growth that are kept of one gap; of a longer one each stands for more seconds. */
const MOMENTS = 256;

/** Growth up to `sec`, since the moment before. */
interface Moment {
  readonly sec: number;
  readonly growth: number;
}

interface Edge extends WindowRates {
  readonly sec: number;
}

export class GapScaling {
  readonly #maxProcesses: number;
  #before: Edge | undefined;
  #moments: Moment[] = [];
  /** Seconds that one moment stands for. */
  #resolution = 1;
  /** Exact shares: of gaps between two windows, and of the gap that is open. */
  readonly #settled = new Map<number, number>();
  #provisional = new Map<number, number>();
  /** Growth that went into it. */
  #presumed = 0;
  readonly #given = new Map<number, number>();
  /** Of processes whose figures were dropped: only the sums go on. */
  readonly #dropped = { settled: 0, given: 0 };
  readonly #endedSec = new Map<number, number>();
  readonly #beganSec = new Map<number, number>();

  /** `maxProcesses`: how many processes keep a figure of their own; of more, those that broke nothing lately. */
  constructor(maxProcesses: number) {
    this.#maxProcesses = maxProcesses;
  }

  /** Whole breaks by pid; none of the figures ever falls. */
  get given(): ReadonlyMap<number, number> {
    return this.#given;
  }

  get total(): number {
    return sum(this.#given.values()) + this.#dropped.given;
  }

  /** Processes that the open gap may be charged to. */
  get candidates(): Iterable<number> {
    return this.#before?.perSec.keys() ?? [];
  }

  /** The process is gone: it gets nothing of later growth, also where its pid is used again. */
  processEnded(pid: number, sec: number): void {
    if (!this.#endedSec.has(pid)) this.#endedSec.set(pid, sec);
  }

  /** The process began then: it gets nothing of earlier growth. */
  processBegan(pid: number, sec: number): void {
    this.#beganSec.set(pid, sec);
    if ((this.#endedSec.get(pid) ?? Infinity) < sec) this.#endedSec.delete(pid);
  }

  /** So many breaks since the last call, all in the open gap. `atMost`: what may be given in all, since the start. */
  grow(sec: number, growth: number, atMost: number): void {
    if (!(growth > 0)) return;
    this.#remember({ sec, growth });
    const presumed = Math.min(growth, this.#explainedUntil(sec) - this.#presumed);
    if (presumed > 0) {
      this.#presumed += presumed;
      this.#split({ sec, growth: presumed }, undefined, this.#provisional);
    }
    this.#give(atMost);
  }

  /** The gap ended at `sec` with a window of these rates: its growth is split anew, with both windows known. */
  settle(sec: number, after: WindowRates, atMost: number): void {
    this.#provisional = new Map();
    this.#presumed = 0;
    for (const moment of this.#moments) this.#split(moment, { ...after, sec }, this.#settled);
    this.#moments = [];
    this.#resolution = 1;
    this.#give(atMost);
  }

  /** A window ended at `sec`: from here on another gap is open. */
  open(sec: number, before: WindowRates): void {
    this.#before = { ...before, sec };
    // Who is not in these rates can come back as another process only.
    const isGone = (pid: number): boolean => !before.perSec.has(pid);
    for (const map of [this.#endedSec, this.#beganSec]) for (const pid of map.keys()) if (isGone(pid)) map.delete(pid);
    for (const pid of this.#given.keys()) {
      if (this.#given.size <= this.#maxProcesses) break;
      if (isGone(pid)) this.#drop(pid);
    }
  }

  #remember(moment: Moment): void {
    const [earlier, last] = this.#moments.slice(-2);
    const since = last === undefined ? undefined : (earlier?.sec ?? this.#before?.sec);
    if (last !== undefined && since !== undefined && moment.sec - since <= this.#resolution) {
      this.#moments[this.#moments.length - 1] = { sec: moment.sec, growth: last.growth + moment.growth };
    } else {
      this.#moments.push(moment);
    }
    if (this.#moments.length <= MOMENTS) return;
    this.#moments = joinPairs(this.#moments);
    this.#resolution *= 2;
  }

  /** Breaks that the rates of the window before would have made by then. */
  #explainedUntil(sec: number): number {
    const before = this.#before;
    if (before === undefined) return 0;
    return EXPLAINED * (sec - before.sec) * (before.restPerSec + sum(before.perSec.values()));
  }

  #split({ sec, growth }: Moment, after: Edge | undefined, into: Map<number, number>): void {
    const before = this.#before;
    const along = before === undefined || after === undefined ? 0 : (sec - before.sec) / (after.sec - before.sec);
    const edges: readonly (readonly [Edge | undefined, number])[] = [
      [before, 1 - along],
      [after, before === undefined ? 1 : along],
    ];
    const shares = new Map<number, number>();
    let all = 0;
    for (const [edge, weight] of edges) {
      if (edge === undefined || Math.abs(sec - edge.sec) > REACH_SEC) continue;
      all += weight * edge.restPerSec;
      for (const [pid, rate] of edge.perSec) {
        if (!this.#livedAt(pid, sec)) continue;
        all += weight * rate;
        shares.set(pid, (shares.get(pid) ?? 0) + weight * rate);
      }
    }
    if (!(all > 0)) return;
    for (const [pid, share] of shares) into.set(pid, (into.get(pid) ?? 0) + (growth * share) / all);
  }

  #drop(pid: number): void {
    this.#dropped.settled += this.#settled.get(pid) ?? 0;
    this.#dropped.given += this.#given.get(pid) ?? 0;
    this.#settled.delete(pid);
    this.#given.delete(pid);
  }

  #livedAt(pid: number, sec: number): boolean {
    return sec <= (this.#endedSec.get(pid) ?? Infinity) && sec >= (this.#beganSec.get(pid) ?? -Infinity);
  }

  /** Hands out what is due and not yet given: whole breaks by the largest remainder, so that the sum is exact. */
  #give(atMost: number): void {
    const due = new Map<number, number>();
    let entitled = this.#dropped.settled;
    for (const [pid, exact] of addUp(this.#settled, this.#provisional)) {
      entitled += exact;
      const lacking = exact - (this.#given.get(pid) ?? 0);
      if (lacking > 0) due.set(pid, lacking);
    }
    // Sums of fractions that make a whole number may come out a hair below it.
    const room = Math.min(Math.floor(entitled + 1e-6), atMost) - this.total;
    const lacking = sum(due.values());
    if (room < 1 || !(lacking > 0)) return;
    const scale = Math.min(1, room / lacking);
    const parts = [...due].map(([pid, part]) => ({ pid, whole: Math.floor(part * scale), part: part * scale }));
    let left = Math.min(room, Math.round(lacking * scale)) - sum(parts.map(({ whole }) => whole));
    parts.sort((a, b) => b.part - b.whole - (a.part - a.whole));
    for (const { pid, whole } of parts) {
      const one = left > 0 ? 1 : 0;
      left -= one;
      if (whole + one > 0) this.#given.set(pid, (this.#given.get(pid) ?? 0) + whole + one);
    }
  }
}

function joinPairs(moments: readonly Moment[]): Moment[] {
  return Array.from({ length: Math.ceil(moments.length / 2) }, (_, index) => {
    const pair = moments.slice(2 * index, 2 * index + 2);
    return { sec: Math.max(...pair.map(({ sec }) => sec)), growth: sum(pair.map(({ growth }) => growth)) };
  });
}

function addUp(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): Map<number, number> {
  const both = new Map(a);
  for (const [pid, value] of b) both.set(pid, (both.get(pid) ?? 0) + value);
  return both;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
