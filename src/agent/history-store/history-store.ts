/**
 * The past of this host, its guests and its events, in one file. Not for the agent's own thread: a disk may take its
 * time. What the disk does ends here: it is told by `problems`, and the history goes on as soon as it can.
 */

import { formatError, KsmpilotError } from '../errors.js';
import type { AgentEvent } from '../model/event.js';
import type { Problem } from '../model/host.js';
import type { EventAnswer, EventQuery, HistoryAnswer, HistoryQuery } from '../model/past.js';
import { ClockTrust } from './clock.js';
import type { GuestName, SampleMessage, StoreSettings } from './messages.js';
import { closeQuietly, openFile, setFileAside, toWriteError } from './open-file.js';
import { OpenHistory } from './open-history.js';
import { type OpenDatabase, type SqlDatabase, sqlTrouble } from './sqlite.js';
import { MINUTE_MS } from './tiers.js';

/** What a crash may cost: nothing that is older. */
const FLUSH_MS = 10_000;

const PRUNE_MS = MINUTE_MS;

/** After a failure that room on the disk does not cure. */
const REOPEN_MS = MINUTE_MS;

/** Events that wait to be written; a boot storm brings hundreds in a second. The oldest go first. */
const EVENTS_WAITING_MAX = 4096;

export interface StoreOptions {
  readonly settings: StoreSettings;
  readonly open: OpenDatabase;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

export class HistoryStore {
  readonly #settings: StoreSettings;
  readonly #openDatabase: OpenDatabase;
  readonly #now: () => number;
  readonly #clock = new ClockTrust();
  #db: SqlDatabase | undefined;
  #history: OpenHistory | undefined;
  /** What keeps the history from being written. */
  #failure: KsmpilotError | undefined;
  /** Where a broken file was put. */
  #setAside: string | undefined;
  #names: readonly GuestName[] = [];
  #events: AgentEvent[] = [];
  /** Monotonic, milliseconds. */
  #triedMs = -Infinity;
  #flushedMs = -Infinity;
  #prunedMs = -Infinity;

  constructor({ settings, open, now }: StoreOptions) {
    this.#settings = settings;
    this.#openDatabase = open;
    this.#now = now;
  }

  /** What is wrong, with its cure; empty: nothing. */
  get problems(): readonly Problem[] {
    const { path } = this.#settings;
    const problems: Problem[] = [];
    if (this.#failure !== undefined) {
      const { code, message, hint = 'See docs/errors.md.' } = this.#failure;
      problems.push({ code, what: `The history stands still: ${message}.`, cure: hint });
    }
    if (this.#setAside !== undefined) {
      problems.push({
        code: 'HISTORY_BROKEN',
        what: `The history was damaged and begins anew; the old file is ${this.#setAside}.`,
        cure: 'Look at the disk. "sqlite3 FILE .recover" gets out what can be read; remove it when it is not needed.',
      });
    }
    const damaged = this.#history?.file.damaged ?? 0;
    if (damaged > 0) {
      problems.push({
        code: 'HISTORY_BROKEN',
        what: `Pieces of ${path} are damaged, met ${damaged} times: those spans have no history.`,
        cure: 'Look at the disk; the rest of the history is whole.',
      });
    }
    return problems;
  }

  /** Takes in one sample, and writes what is due. */
  sample(message: SampleMessage): void {
    const { timeMs, monoMs } = message;
    const mayForget = this.#clock.look(timeMs, monoMs);
    const isNamed = message.names !== undefined;
    this.#names = message.names ?? this.#names;
    this.#guard(() => {
      const wasOpen = this.#history !== undefined;
      const history = this.#opened(monoMs);
      if (history === undefined) return;
      if (isNamed || !wasOpen) history.setGuests(this.#names);
      history.add(message, () => this.#flush(history, monoMs));
      if (monoMs - this.#flushedMs < FLUSH_MS) return;
      if (!this.#flush(history, monoMs)) return;
      history.seal();
      if (monoMs - this.#prunedMs < PRUNE_MS) return;
      this.#prunedMs = monoMs;
      history.prune(timeMs, mayForget);
    });
  }

  event(event: AgentEvent): void {
    this.#events.push(event);
    if (this.#events.length > EVENTS_WAITING_MAX) this.#events.shift();
  }

  /** @throws KsmpilotError HISTORY_UNAVAILABLE, GUEST_ABSENT */
  history(query: HistoryQuery): HistoryAnswer {
    const problem = this.problems.map(({ what, cure }) => `${what} ${cure}`).join(' ');
    return this.#read((history) => history.history(query, this.#now(), problem));
  }

  /** @throws KsmpilotError HISTORY_UNAVAILABLE */
  events(query: EventQuery): EventAnswer {
    return this.#read((history) => history.events(query, this.#events));
  }

  /** Writes what is not written yet, and closes the file. */
  close(): void {
    const history = this.#history;
    this.#guard(() => {
      if (history !== undefined) this.#flush(history, this.#flushedMs);
    });
    this.#shut();
  }

  #opened(monoMs: number): OpenHistory | undefined {
    if (this.#history !== undefined || monoMs - this.#triedMs < REOPEN_MS) return this.#history;
    this.#triedMs = monoMs;
    const { db, setAside } = openFile(this.#settings.path, this.#openDatabase, this.#now());
    this.#db = db;
    this.#setAside = setAside ?? this.#setAside;
    this.#history = new OpenHistory(db, this.#settings);
    this.#failure = undefined;
    this.#flushedMs = monoMs;
    return this.#history;
  }

  /** @returns whether all is written; if not, it waits for the next time */
  #flush(history: OpenHistory, monoMs: number): boolean {
    this.#flushedMs = monoMs;
    try {
      history.write(this.#events);
    } catch (error) {
      if (!passesByItself(error)) throw error;
      this.#failure = toWriteError(this.#settings.path, error);
      return false;
    }
    this.#events = [];
    this.#failure = undefined;
    return true;
  }

  #read<T>(work: (history: OpenHistory) => T): T {
    const history = this.#history;
    if (history === undefined) {
      const { message, hint } = this.#failure ?? { message: 'it has not begun yet', hint: 'Ask again in a second.' };
      throw new KsmpilotError('HISTORY_UNAVAILABLE', `there is no history: ${message}`, { hint });
    }
    try {
      return work(history);
    } catch (error) {
      if (sqlTrouble(error) === undefined) throw error;
      this.#bear(error);
      throw new KsmpilotError('HISTORY_UNAVAILABLE', this.problems[0]?.what ?? 'the history cannot be read');
    }
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#bear(error);
    }
  }

  /** A broken file is set aside, a full disk waited for; after another failure the file is closed until the next try. */
  #bear(error: unknown): void {
    const { path } = this.#settings;
    const isBroken = this.#db !== undefined && sqlTrouble(error) === 'broken';
    this.#failure = error instanceof KsmpilotError ? error : toWriteError(path, error);
    if (passesByItself(error)) return;
    this.#shut();
    if (isBroken) this.#replaceBroken(path);
  }

  #replaceBroken(path: string): void {
    try {
      this.#setAside = setFileAside(path, this.#now());
      // The next sample begins anew.
      this.#triedMs = -Infinity;
    } catch (error) {
      this.#failure = new KsmpilotError(
        'HISTORY_UNWRITABLE',
        `${path} is damaged and cannot be set aside: ${formatError(error)}`,
      );
    }
  }

  #shut(): void {
    if (this.#db !== undefined) closeQuietly(this.#db);
    this.#db = undefined;
    this.#history = undefined;
  }
}

/** Then the file stays open, and what is to be written waits. */
function passesByItself(error: unknown): boolean {
  const trouble = sqlTrouble(error);
  return trouble === 'full' || trouble === 'taken';
}
