/** Merges and breaks by guest: totals that outlive the processes they were counted for. Pure but for its memory. */

import type { ProcessRow } from '../model/derived.js';

/** Most identities kept. Those that are longest gone go first; lone processes at once, as they do not come back. */
const IDENTITIES_MAX = 8_192;

const FIELDS = ['mergesTotal', 'cowBreaksTotal', 'cowBreaksSeen', 'zeroBreaksTotal'] as const;
type Field = (typeof FIELDS)[number];
type Row = Pick<ProcessRow, 'pid' | Field>;

/** Totals since the agent's start, rates since the last update. null: nothing counts this here; rates also at first. */
export interface LedgerEntry extends Readonly<Record<Field, number | null>> {
  readonly mergesPerSec: number | null;
  readonly cowBreaksPerSec: number | null;
}

export interface LedgerInput {
  /** The process table: totals of each process since the agent's start, ended ones for a minute. */
  readonly rows: readonly Row[];
  /** Start of each process that lives, by pid. */
  readonly startTicks: ReadonlyMap<number, number>;
  /** The identity of the guest of each process, by pid; one that is not identified yet is counted once it is. */
  readonly identities: ReadonlyMap<number, string>;
  /** Monotonic clock, milliseconds. */
  readonly monoMs: number;
}

type Counts = Record<Field, number>;

interface Seen {
  readonly startTicks: number;
  readonly identity: string;
  readonly counts: Counts;
}

export class GuestLedger {
  /** What was last told of each process, by pid. As long as the process table. */
  #seen = new Map<number, Seen>();
  /** Totals by identity, the longest gone first. */
  readonly #totals = new Map<string, Counts>();
  #gained = new Map<string, Counts>();
  /** Which totals anything counts here. */
  #counted: ReadonlySet<Field> = new Set();
  #lastMs: number | undefined;
  #elapsedSec: number | undefined;

  update({ rows, startTicks, identities, monoMs }: LedgerInput): void {
    const seen = new Map<number, Seen>();
    this.#gained = new Map();
    for (const row of rows) {
      const before = this.#seen.get(row.pid);
      const start = startTicks.get(row.pid) ?? before?.startTicks;
      const identity = identities.get(row.pid) ?? before?.identity;
      if (start === undefined || identity === undefined) continue;
      const same = before?.startTicks === start ? before.counts : undefined;
      const counts = countsOf(row, same);
      this.#add(identity, counts, same);
      seen.set(row.pid, { startTicks: start, identity, counts });
    }
    this.#seen = seen;
    this.#counted = new Set(FIELDS.filter((field) => rows.some((row) => row[field] !== null)));
    this.#elapsedSec = this.#lastMs === undefined ? undefined : (monoMs - this.#lastMs) / 1000;
    this.#lastMs = monoMs;
    this.#forget(new Set(identities.values()));
  }

  of(identity: string): LedgerEntry {
    const totals = this.#totals.get(identity);
    const gained = this.#gained.get(identity);
    const total = (field: Field): number | null => (this.#counted.has(field) ? (totals?.[field] ?? 0) : null);
    const perSec = (field: Field): number | null => {
      if (!this.#counted.has(field) || this.#elapsedSec === undefined || this.#elapsedSec <= 0) return null;
      return (gained?.[field] ?? 0) / this.#elapsedSec;
    };
    return {
      mergesTotal: total('mergesTotal'),
      cowBreaksTotal: total('cowBreaksTotal'),
      cowBreaksSeen: total('cowBreaksSeen'),
      zeroBreaksTotal: total('zeroBreaksTotal'),
      mergesPerSec: perSec('mergesTotal'),
      cowBreaksPerSec: perSec('cowBreaksTotal'),
    };
  }

  #add(identity: string, counts: Counts, before: Counts | undefined): void {
    const totals = this.#totals.get(identity) ?? zero();
    const gained = this.#gained.get(identity) ?? zero();
    for (const field of FIELDS) {
      const gain = counts[field] - (before?.[field] ?? 0);
      totals[field] += gain;
      gained[field] += gain;
    }
    this.#totals.set(identity, totals);
    this.#gained.set(identity, gained);
  }

  #forget(alive: ReadonlySet<string>): void {
    for (const identity of alive) {
      const totals = this.#totals.get(identity);
      if (totals === undefined) continue;
      // To the end of the map's order.
      this.#totals.delete(identity);
      this.#totals.set(identity, totals);
    }
    const counting = new Set([...this.#seen.values()].map((one) => one.identity));
    for (const identity of this.#totals.keys()) {
      if (alive.has(identity)) break;
      const lone = /^(?:process|unknown)\//.test(identity) && !counting.has(identity);
      if (lone || this.#totals.size > IDENTITIES_MAX) this.#totals.delete(identity);
    }
  }
}

/**
 * What is not counted now stands where it stood. An estimate that was set too high stands too, until the true figure has
 * passed it: totals do not go back, and nothing is counted twice.
 */
function countsOf(row: Row, before: Counts | undefined): Counts {
  return each((field) => Math.max(row[field] ?? 0, before?.[field] ?? 0));
}

function zero(): Counts {
  return each(() => 0);
}

function each<T>(value: (field: Field) => T): Record<Field, T> {
  return {
    mergesTotal: value('mergesTotal'),
    cowBreaksTotal: value('cowBreaksTotal'),
    cowBreaksSeen: value('cowBreaksSeen'),
    zeroBreaksTotal: value('zeroBreaksTotal'),
  };
}
