/** The agent's side of the history: hands samples and events to its thread, and brings questions there. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '../config.js';
import { formatError, KsmpilotError } from '../errors.js';
import { AgentLock } from '../lock.js';
import type { Log } from '../log.js';
import type { Point } from '../model/derived.js';
import type { AgentEvent } from '../model/event.js';
import type { GuestTable } from '../model/guest.js';
import type { Problem } from '../model/host.js';
import type { EventAnswer, EventQuery, HistoryAnswer, HistoryQuery } from '../model/past.js';
import { packageRoot } from '../paths.js';
import { ensureStateDir } from '../state-dir.js';
import { guestFigures, hostFigures, keptGuests } from './fields.js';
import { historyPath } from './history-path.js';
import type { FromStore, GuestName, StoreSettings, ToStore } from './messages.js';
import { retentionOf } from './tiers.js';

/** Samples that may be under way: a disk that hangs for two minutes costs nothing, one that hangs longer costs history. */
const UNDER_WAY_MAX = 120;

/** Longest wait for an answer: a year of a thousand guests' host takes a fraction of a second. */
const ANSWER_MS = 20_000;

/** Longest wait for the last rows to be written at the end. */
const STOP_MS = 5000;

/** A thread that ended on a defect is started again so late. */
const RESTART_MS = 60_000;

/** Bounds of the thread's heap: what it needs for a thousand guests is a fifth. Beyond, the thread ends and no other. */
const HEAP_MB = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 4 };

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export interface HistoryThreadOptions {
  readonly config: Pick<Config, 'history' | 'stateDir' | 'intervalMs'>;
  readonly log: Log;
  /** The built program of the thread. */
  readonly program?: string;
}

export class HistoryThread {
  readonly #config: HistoryThreadOptions['config'];
  readonly #log: Log;
  readonly #program: string;
  readonly #path: string;
  /** Two agents never share a file. */
  readonly #lock: AgentLock;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #problems: readonly Problem[] = [];
  #names: readonly GuestName[] | undefined;
  #underWay = 0;
  #lost = 0;
  #nextId = 1;
  #stopped: (() => void) | undefined;

  constructor({ config, log, program }: HistoryThreadOptions) {
    this.#config = config;
    this.#log = log;
    this.#path = historyPath(config);
    this.#lock = new AgentLock({ stateDir: dirname(this.#path) });
    this.#program = program ?? join(packageRoot, 'dist', 'src', 'agent', 'history-store', 'worker.js');
  }

  /** What keeps the past from being kept, each with its cure. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Can it be asked? */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Never rejects: an agent without history is an agent. */
  async start(): Promise<void> {
    if (!this.#config.history.enabled) return;
    try {
      ensureStateDir(dirname(this.#path));
      await this.#lock.acquire();
      this.#startWorker();
    } catch (error) {
      const { code, message, hint } = lockProblem(error, dirname(this.#path));
      this.#tell([{ code, what: `The history stands still: ${message}.`, cure: hint ?? '' }]);
      this.#startLater();
    }
  }

  #startWorker(): void {
    const { history, intervalMs } = this.#config;
    if (!existsSync(this.#program)) {
      this.#tell([
        {
          code: 'HISTORY_UNAVAILABLE',
          what: `No history is kept: ${this.#program} is missing.`,
          cure: 'Build it: npm run build.',
        },
      ]);
      return;
    }
    const settings: StoreSettings = {
      path: this.#path,
      maxBytes: history.maxMb * 2 ** 20,
      retention: retentionOf(history),
      intervalMs,
    };
    const worker = new Worker(this.#program, { workerData: settings, resourceLimits: HEAP_MB, env: process.env });
    this.#worker = worker;
    // What was wrong may be no more: the thread says what is.
    this.#tell([]);
    this.#names = undefined;
    this.#underWay = 0;
    worker.on('message', (message: FromStore) => this.#hear(message));
    worker.on('error', (error) => this.#log.error('the thread of the history failed', { error: formatError(error) }));
    worker.on('exit', () => this.#ended(worker));
    // What is left to write is waited for by `stop`.
    worker.unref();
  }

  /** One sample, and the guests as they were then. */
  add({ sample, ...point }: Point, table: GuestTable | undefined): void {
    if (this.#worker === undefined) return;
    if (this.#underWay >= UNDER_WAY_MAX) {
      if (this.#lost === 0) this.#log.warn('the disk of the history hangs; samples are left out');
      this.#lost += 1;
      this.#names = undefined;
      return;
    }
    if (this.#lost > 0) this.#log.warn('the disk of the history goes on', { samplesLost: this.#lost });
    this.#lost = 0;
    const isFresh = table?.timeMs === sample.timeMs;
    const guests = isFresh ? keptGuests(table.guests) : [];
    const names = sameNames(guests, this.#names) ? undefined : guests.map(({ identity, name }) => ({ identity, name }));
    this.#names = names ?? this.#names;
    this.#underWay += 1;
    this.#post({
      kind: 'sample',
      timeMs: sample.timeMs,
      monoMs: sample.monoMs,
      host: hostFigures({ sample, ...point }),
      ...(names === undefined ? {} : { names }),
      guests: guestFigures(guests),
    });
  }

  addEvent(event: AgentEvent): void {
    // While the thread cannot take samples, it cannot take events: the store bounds what waits there.
    if (this.#underWay < UNDER_WAY_MAX) this.#post({ kind: 'event', event });
  }

  /** Within 20 s; the caller bounds how many ask at once. Rejects with HISTORY_UNAVAILABLE, GUEST_ABSENT. */
  history(query: HistoryQuery): Promise<HistoryAnswer> {
    return this.#ask((id) => ({ kind: 'history', id, query }));
  }

  /** Likewise. Rejects with HISTORY_UNAVAILABLE. */
  events(query: EventQuery): Promise<EventAnswer> {
    return this.#ask((id) => ({ kind: 'events', id, query }));
  }

  /** Resolves when what waited is written, or cannot be. */
  async stop(): Promise<void> {
    clearTimeout(this.#restart);
    await this.#stopWorker();
    this.#lock.release();
  }

  async #stopWorker(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#log.warn('the disk of the history hangs; its last samples are not written');
        resolve();
      }, STOP_MS);
      this.#stopped = () => {
        clearTimeout(timer);
        resolve();
      };
      worker.once('exit', this.#stopped);
      this.#post({ kind: 'stop' });
    });
    this.#worker = undefined;
    this.#refuseAll('the agent is stopping');
    await worker.terminate();
  }

  #ask<Answer>(message: (id: number) => ToStore): Promise<Answer> {
    if (!this.#config.history.enabled) {
      return Promise.reject(unavailable('it is switched off', 'Set history.enabled to true.'));
    }
    if (this.#worker === undefined) {
      const [problem] = this.#problems;
      return Promise.reject(unavailable(problem?.what ?? 'its thread does not run', problem?.cure));
    }
    const id = this.#nextId++;
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(unavailable(`no answer within ${ANSWER_MS / 1000} s`, 'The disk of the history may hang.'));
      }, ANSWER_MS);
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject, timer });
      this.#post(message(id));
    });
  }

  #hear(message: FromStore): void {
    switch (message.kind) {
      case 'taken':
        this.#underWay -= 1;
        break;
      case 'problems':
        this.#tell(message.problems);
        break;
      case 'answer':
        this.#take(message.id)?.resolve(message.answer);
        break;
      case 'refusal':
        this.#take(message.id)?.reject(new KsmpilotError(message.code, message.what, { hint: message.hint }));
        break;
      case 'stopped':
        this.#stopped?.();
        break;
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  /** Says what is new, once. */
  #tell(problems: readonly Problem[]): void {
    const before = this.#problems;
    this.#problems = problems;
    for (const { code, what, cure } of problems) {
      if (!before.some((one) => one.code === code)) this.#log.warn(what, { code, cure });
    }
    if (problems.length === 0 && before.length > 0) this.#log.info('the history is kept again');
  }

  #ended(worker: Worker): void {
    if (this.#worker !== worker || this.#stopped !== undefined) return;
    this.#worker = undefined;
    this.#refuseAll('its thread ended');
    // The thread of a host without SQLite has said so, and will never have more to do.
    if (this.#problems.some(({ code }) => code === 'HISTORY_UNAVAILABLE')) return;
    this.#tell([
      {
        code: 'HISTORY_UNWRITABLE',
        what: 'The history stands still: its thread ended on a defect, which the log tells.',
        cure: 'It is started again within a minute.',
      },
    ]);
    this.#startLater();
  }

  #startLater(): void {
    this.#restart = setTimeout(() => void this.start(), RESTART_MS).unref();
  }

  #refuseAll(why: string): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(unavailable(why));
  }

  #post(message: ToStore): void {
    this.#worker?.postMessage(message);
  }
}

function lockProblem(error: unknown, dir: string): KsmpilotError {
  if (!(error instanceof KsmpilotError)) return new KsmpilotError('HISTORY_UNWRITABLE', formatError(error));
  if (error.code !== 'AGENT_RUNNING') {
    return new KsmpilotError('HISTORY_UNWRITABLE', error.message, {
      hint: 'See to the folder, or give another with the setting history.dir; the agent tries again every minute.',
    });
  }
  return new KsmpilotError('HISTORY_TAKEN', `another agent keeps its history in ${dir}`, {
    hint: 'Give each agent a folder of its own with the setting history.dir.',
  });
}

function sameNames(guests: readonly GuestName[], names: readonly GuestName[] | undefined): boolean {
  return (
    guests.length === names?.length &&
    guests.every(({ identity, name }, index) => identity === names[index]?.identity && name === names[index].name)
  );
}

function unavailable(why: string, hint?: string): KsmpilotError {
  return new KsmpilotError('HISTORY_UNAVAILABLE', `there is no history: ${why}`, { hint });
}
