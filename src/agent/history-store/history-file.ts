/** The open file: rows in, rows out. What SQLite throws is passed on; chunks that are damaged are skipped and counted. */

import { decodeRows, encodeRows, type Row } from './codec.js';
import { type Layout, parseLayout, relayout } from './layout.js';
import { startOf } from './rollup.js';
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from './sqlite.js';
import type { Tier } from './tiers.js';

/** Guests whose loose rows share a chunk: one guest's are read without decoding those of a thousand. A power of two. */
const GROUP_SIZE = 128;

/** Chunks put together in one go; the rest waits for the next. */
const SEALED_AT_ONCE = 2;

/** The widest span of samples in one loose chunk: the time between two flushes, and a long hold-up. */
const WIDEST_LOOSE_MS = 3_600_000;

/** A guest and its number in the file. */
export interface GuestSeries {
  readonly id: number;
  readonly identity: string;
  readonly name: string;
}

export interface RowQuery {
  readonly series: number;
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly unwritten: readonly Row[];
}

export class HistoryFile {
  readonly #db: SqlDatabase;
  readonly #statements = new Map<string, SqlStatement>();
  readonly #layouts = new Map<number, Layout>();
  readonly #layoutIds = new Map<string, number>();
  #damaged = 0;

  constructor(db: SqlDatabase) {
    this.#db = db;
    this.#loadLayouts();
  }

  /** Chunks that could not be decoded since the file was opened. */
  get damaged(): number {
    return this.#damaged;
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  /** All of `work` or nothing. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Statements are kept. */
  sql(text: string): SqlStatement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  number(text: string, ...values: SqlValue[]): number | undefined {
    const [value] = Object.values(this.sql(text).get(...values) ?? {});
    return typeof value === 'number' ? value : undefined;
  }

  seriesOf(identity: string): number | undefined {
    return this.number('SELECT id FROM series WHERE identity = ?', identity);
  }

  /** The number for a guest that is new; those before it were given away. */
  nextSeries(): number {
    return (this.number('SELECT max(id) FROM series') ?? 0) + 1;
  }

  writeSeries({ id, identity, name }: GuestSeries, seenMs: number): void {
    this.sql(
      'INSERT INTO series (id, identity, name, seen_ms) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT (identity) DO UPDATE SET name = excluded.name, seen_ms = excluded.seen_ms',
    ).run(id, identity, name, seenMs);
  }

  /** Of guests called so, the one seen last. */
  seriesNamed(name: string): number | undefined {
    return this.number('SELECT id FROM series WHERE name = ? ORDER BY seen_ms DESC LIMIT 1', name);
  }

  /** Adds rows, or puts them in the place of those that are there. */
  writeLoose({ id, spanMs, blockMs }: Tier, layout: Layout, rows: readonly Row[]): void {
    const chunks = new Map<string, Row[]>();
    for (const row of rows) {
      // Samples come once; a minute is written again until it is over, and so has a chunk of its own.
      const key = `${groupOf(row.series)} ${spanMs === 0 ? startOf(row.timeMs, blockMs) : row.timeMs}`;
      const chunk = chunks.get(key);
      if (chunk === undefined) chunks.set(key, [row]);
      else chunk.push(row);
    }
    for (const chunk of chunks.values()) {
      const [first] = chunk;
      if (first === undefined) continue;
      this.sql('INSERT OR REPLACE INTO loose (tier, grp, start_ms, layout, data) VALUES (?, ?, ?, ?, ?)').run(
        id,
        groupOf(first.series),
        Math.round(first.timeMs),
        this.#layoutId(layout),
        encodeRows(layout, chunk),
      );
    }
  }

  /** @param series only rows of this one @param fromMs chunks that start then or later @param toMs and before then */
  readLoose(
    { id }: Tier,
    layout: Layout,
    { series, fromMs, toMs }: { series?: number; fromMs: number; toMs: number },
  ): Row[] {
    const chunks =
      series === undefined
        ? this.sql(
            'SELECT layout, data FROM loose WHERE tier = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms, grp',
          ).all(id, fromMs, toMs)
        : this.sql(
            'SELECT layout, data FROM loose WHERE tier = ? AND grp = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms',
          ).all(id, groupOf(series), fromMs, toMs);
    return chunks.flatMap((chunk) => this.#decode(chunk, layout, series));
  }

  /**
   * All rows of a series in a time, oldest first as far as the clock went forward; those of the same time once. Calls
   * back, as there may be many.
   *
   * @param unwritten rows that are not in the file yet, or newer than there
   */
  eachRow(tier: Tier, layout: Layout, { series, fromMs, toMs, unwritten }: RowQuery, use: (row: Row) => void): void {
    const within = ({ timeMs }: Row): boolean => timeMs >= fromMs && timeMs < toMs;
    const written = this.readLoose(tier, layout, { series, fromMs: fromMs - WIDEST_LOOSE_MS, toMs });
    const newest = new Map([...written, ...unwritten].filter(within).map((row) => [row.timeMs, row]));
    const blocks = this.sql(
      'SELECT id FROM block WHERE tier = ? AND series = ? AND start_ms > ? AND start_ms < ? ORDER BY start_ms',
    ).all(tier.id, series, fromMs - tier.blockMs, toMs);
    for (const { id } of blocks) {
      const chunk = this.sql('SELECT layout, data FROM block WHERE id = ?').get(Number(id));
      if (chunk === undefined) continue;
      for (const row of this.#decode(chunk, layout, series)) if (within(row) && !newest.has(row.timeMs)) use(row);
    }
    for (const row of newest.values()) use(row);
  }

  /** Start of the oldest row that is kept of a series; undefined: none is. To the block, which may begin later. */
  oldestMs(tier: Tier, layout: Layout, series: number): number | undefined {
    const block = this.sql(
      'SELECT start_ms, layout, data FROM block WHERE tier = ? AND series = ? ORDER BY start_ms LIMIT 1',
    ).get(tier.id, series);
    if (block !== undefined) {
      return this.#decode(block, layout, series)[0]?.timeMs ?? Number(block['start_ms']);
    }
    const start = this.number('SELECT min(start_ms) FROM loose WHERE tier = ? AND grp = ?', tier.id, groupOf(series));
    if (start === undefined || series === 0) return start;
    return this.readLoose(tier, layout, { series, fromMs: start, toMs: Number.MAX_SAFE_INTEGER })[0]?.timeMs;
  }

  /**
   * Puts loose rows of blocks that are over together. Each block is one transaction.
   *
   * @param beforeMs start of the first block that is not over
   * @returns how many were; as many as {@link SEALED_AT_ONCE}: there may be more
   */
  seal(tier: Tier, layout: Layout, beforeMs: number): number {
    const over = this.sql(
      `SELECT DISTINCT grp, start_ms - start_ms % ${tier.blockMs} AS block_ms FROM loose WHERE tier = ? AND start_ms < ? LIMIT ?`,
    ).all(tier.id, beforeMs, SEALED_AT_ONCE);
    for (const { grp, block_ms } of over) {
      this.transaction(() => this.#sealBlock(tier, layout, Number(grp), Number(block_ms)));
    }
    return over.length;
  }

  #sealBlock(tier: Tier, layout: Layout, group: number, startMs: number): void {
    const within = 'tier = ? AND grp = ? AND start_ms >= ? AND start_ms < ?';
    const where = [tier.id, group, startMs, startMs + tier.blockMs] as const;
    const bySeries = new Map<number, Row[]>();
    const chunks = this.sql(`SELECT layout, data FROM loose WHERE ${within} ORDER BY start_ms`).all(...where);
    for (const row of chunks.flatMap((chunk) => this.#decode(chunk, layout))) {
      const rows = bySeries.get(row.series);
      if (rows === undefined) bySeries.set(row.series, [row]);
      else rows.push(row);
    }
    for (const [series, rows] of bySeries) {
      // There is one already where the clock was set back into a time that was over.
      const sealed = this.sql('SELECT layout, data FROM block WHERE tier = ? AND series = ? AND start_ms = ?').get(
        tier.id,
        series,
        startMs,
      );
      const before = sealed === undefined ? [] : this.#decode(sealed, layout, series);
      const whole = new Map([...before, ...rows].map((row) => [row.timeMs, row]));
      this.sql('INSERT OR REPLACE INTO block (tier, series, start_ms, layout, data) VALUES (?, ?, ?, ?, ?)').run(
        tier.id,
        series,
        startMs,
        this.#layoutId(layout),
        encodeRows(
          layout,
          [...whole.values()].sort((a, b) => a.timeMs - b.timeMs),
        ),
      );
    }
    this.sql(`DELETE FROM loose WHERE ${within}`).run(...where);
  }

  #decode({ layout, data }: SqlRow, wanted: Layout, series?: number): Row[] {
    const kept = this.#layouts.get(Number(layout));
    try {
      if (kept === undefined || !(data instanceof Uint8Array)) throw new Error('no such layout');
      const rows = decodeRows(kept, data, series);
      if (kept.text === wanted.text) return rows;
      return rows.map((row) => ({ ...row, values: relayout(row.values, kept, wanted) }));
    } catch {
      this.#damaged += 1;
      return [];
    }
  }

  #layoutId(layout: Layout): number {
    const known = this.#layoutIds.get(layout.text);
    if (known !== undefined) return known;
    this.sql('INSERT OR IGNORE INTO layout (text) VALUES (?)').run(layout.text);
    this.#loadLayouts();
    return this.#layoutIds.get(layout.text) ?? 0;
  }

  #loadLayouts(): void {
    this.#layoutIds.clear();
    this.#layouts.clear();
    for (const { id, text } of this.sql('SELECT id, text FROM layout').all()) {
      try {
        this.#layouts.set(Number(id), parseLayout(String(text)));
        this.#layoutIds.set(String(text), Number(id));
      } catch {
        // Damaged on the disk: its chunks are then, too, and are counted.
      }
    }
  }

  #rollBack(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back itself, as it does when the disk is full.
    }
    // A layout of the failed transaction is not in the file.
    this.#loadLayouts();
  }
}

function groupOf(series: number): number {
  return Math.floor(series / GROUP_SIZE);
}
