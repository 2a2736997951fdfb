/** A store of the past with samples made by the test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GUEST_FIELDS, HOST_FIELDS } from '../../src/agent/history-store/fields.js';
import { HistoryStore } from '../../src/agent/history-store/history-store.js';
import type { SampleMessage, StoreSettings } from '../../src/agent/history-store/messages.js';
import { loadSqlite, type OpenDatabase } from '../../src/agent/history-store/sqlite.js';
import { retentionOf } from '../../src/agent/history-store/tiers.js';
import type { HistoryAnswer, HistoryQuery } from '../../src/agent/model/past.js';

/** A midnight (UTC) that begins a block of every tier. */
export const MIDNIGHT = 345_600_000 * 5200;

export const HISTORY = { enabled: true, maxMb: 512, rawHours: 6, minuteDays: 35, hourDays: 1095 };

export const openDatabase: OpenDatabase = await loadSqlite();

/** A folder that goes at the end of the test. */
export class HistoryFolder implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'ksmpilot-history-'));

  get file(): string {
    return join(this.dir, 'history.db');
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

interface StoreClocks {
  readonly timeMs: number;
  readonly monoMs: number;
  readonly settings: Partial<StoreSettings>;
}

/** A store and its clocks, which the test moves. */
export class TestStore {
  readonly store: HistoryStore;
  timeMs: number;
  monoMs: number;
  #names: readonly string[] = [];

  constructor(file: string, { timeMs = MIDNIGHT, monoMs = 0, settings = {} }: Partial<StoreClocks> = {}) {
    this.timeMs = timeMs;
    this.monoMs = monoMs;
    this.store = new HistoryStore({
      settings: { path: file, maxBytes: 512 * 2 ** 20, retention: retentionOf(HISTORY), intervalMs: 1000, ...settings },
      open: openDatabase,
      now: () => this.timeMs,
    });
  }

  /** One sample, `afterMs` after the last. @param guests figures by identity; what is not named is not known */
  sample(
    host: Readonly<Record<string, number>>,
    { afterMs = 1000, guests = {} }: { afterMs?: number; guests?: Readonly<Record<string, Figures>> } = {},
  ): void {
    this.timeMs += afterMs;
    this.monoMs += afterMs;
    const names = Object.keys(guests);
    const isNew = names.join('\n') !== this.#names.join('\n') || this.#names.length === 0;
    this.#names = names;
    const message: SampleMessage = {
      kind: 'sample',
      timeMs: this.timeMs,
      monoMs: this.monoMs,
      host: Float64Array.from(HOST_FIELDS, ({ name }) => host[name] ?? Number.NaN),
      guests: Float64Array.from(
        names.flatMap((name) => GUEST_FIELDS.map((field) => guests[name]?.[field.name] ?? Number.NaN)),
      ),
      ...(isNew ? { names: names.map((identity) => ({ identity, name: `name of ${identity}` })) } : {}),
    };
    this.store.sample(message);
  }

  history(query: Partial<HistoryQuery> = {}): HistoryAnswer {
    return this.store.history({ fromMs: 0, toMs: 0, points: 5000, fields: [], guest: '', ...query });
  }

  /** The named field's means by time. */
  means(field: string, query: Partial<HistoryQuery> = {}): Map<number, number> {
    const { timesMs, columns } = this.history({ ...query, fields: [field] });
    return new Map(timesMs.map((time, index) => [time, columns[0]?.mean[index] ?? Number.NaN]));
  }
}

export type Figures = Readonly<Record<string, number>>;
