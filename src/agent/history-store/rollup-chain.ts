/** Rolls samples up to minutes and these to hours as time goes on, and goes on where the file ends. */

import type { Row } from './codec.js';
import type { Layout } from './layout.js';
import { Gathering, startOf } from './rollup.js';
import { HOUR_MS, MINUTE_MS } from './tiers.js';

/** Rows that wait to be written while the disk is full: some 10 MB. The oldest go first. */
const WAITING_MAX = 20_000;

/** What the file has of minutes whose block is not over. */
export interface StoredMinutes {
  /** Rows of one minute. */
  readMinute(startMs: number): readonly Row[];
  /** Start of the newest minute before that time. */
  newestBefore(timeMs: number): number | undefined;
}

export class RollupChain {
  readonly #layout: Layout;
  readonly #stored: StoredMinutes;
  #minute: Gathering | undefined;
  #hour: Gathering | undefined;
  /** Over, and not in the file yet. */
  #minutes: Row[] = [];
  #hours: Row[] = [];

  /** @param layout rolled up */
  constructor(layout: Layout, stored: StoredMinutes) {
    this.#layout = layout;
    this.#stored = stored;
  }

  /** Start of the minute that samples are gathered for. */
  get minuteMs(): number | undefined {
    return this.#minute?.startMs;
  }

  /**
   * Before the samples of that time. A minute that the file has begun is gone on with: after a restart, and when the
   * clock was set back; `save` is called before the file is asked.
   */
  advance(timeMs: number, save: () => void): void {
    const startMs = startOf(timeMs, MINUTE_MS);
    const before = this.#minute;
    if (before?.startMs === startMs) return;
    if (before !== undefined) this.#closeMinute(before);
    if (before === undefined || startMs < before.startMs) {
      this.#closeHour();
      this.#minute = undefined;
      save();
      this.#goOnAt(startMs);
    } else {
      this.#minute = new Gathering(startMs, this.#layout);
    }
    if (this.#hour !== undefined && this.#hour.startMs !== startOf(startMs, HOUR_MS)) this.#closeHour();
  }

  /** @param values one figure a field */
  add(series: number, values: Float64Array): void {
    this.#minute?.addSample(series, values);
  }

  /** Minutes to be written: those that are over, and the one that is not. */
  minutes(): readonly Row[] {
    return [...this.#minutes, ...(this.#minute?.rows() ?? [])];
  }

  /** Hours to be written; the one that is not over is made of its minutes anew after a restart. */
  hours(): readonly Row[] {
    return this.#hours;
  }

  /** All of it is in the file. */
  written(): void {
    this.#minutes = [];
    this.#hours = [];
  }

  /** Hours that the file does not have, the one that is not over among them. */
  hoursSoFar(): readonly Row[] {
    const open = new Map<number, Gathering>();
    const add = (row: Row): void => {
      const startMs = startOf(row.timeMs, HOUR_MS);
      const hour = open.get(startMs) ?? new Gathering(startMs, this.#layout);
      open.set(startMs, hour);
      hour.addRolled(row.series, row.values);
    };
    for (const row of this.#hour?.rows() ?? []) add(row);
    for (const row of this.#minute?.rows() ?? []) add(row);
    return [...this.#hours, ...[...open.values()].flatMap((hour) => hour.rows())];
  }

  #goOnAt(startMs: number): void {
    this.#hour = undefined;
    const newest = this.#stored.newestBefore(startMs);
    if (newest !== undefined) {
      for (let minute = startOf(newest, HOUR_MS); minute <= newest; minute += MINUTE_MS) {
        this.#intoHour(this.#stored.readMinute(minute));
      }
    }
    this.#minute = new Gathering(startMs, this.#layout);
    for (const { series, values } of this.#stored.readMinute(startMs)) this.#minute.addRolled(series, values);
  }

  #closeMinute(minute: Gathering): void {
    const rows = minute.rows();
    this.#minutes = newest(this.#minutes.concat(rows));
    this.#intoHour(rows);
  }

  #intoHour(rows: readonly Row[]): void {
    const [first] = rows;
    if (first === undefined) return;
    const startMs = startOf(first.timeMs, HOUR_MS);
    if (this.#hour?.startMs !== startMs) this.#closeHour();
    const hour = this.#hour ?? new Gathering(startMs, this.#layout);
    this.#hour = hour;
    for (const { series, values } of rows) hour.addRolled(series, values);
  }

  #closeHour(): void {
    if (this.#hour !== undefined) this.#hours = newest(this.#hours.concat(this.#hour.rows()));
    this.#hour = undefined;
  }
}

function newest(rows: Row[]): Row[] {
  return rows.length > WAITING_MAX ? rows.slice(-WAITING_MAX) : rows;
}
