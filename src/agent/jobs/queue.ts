import { KsmpilotError } from '../errors.js';

export interface JobQueueOptions {
  /** Jobs under way at once. */
  readonly running: number;
  /** Jobs that may wait for their turn beyond these. */
  readonly waiting: number;
  /** Longest time a job may take once it runs, milliseconds. */
  readonly limitMs: number;
}

interface Entry {
  readonly work: Promise<unknown>;
  readonly ended: AbortController;
  /** How many wait for it. */
  callers: number;
}

/**
 * Runs a bounded number of jobs, and lets a bounded number wait. Who asks for what is under way already gets the answer
 * of that; a job is given up when nobody waits for it any more.
 */
export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #turns: (() => void)[] = [];
  #running = 0;

  constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  /** Jobs under way or waiting. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * @param key equal for equal jobs
   * @param signal of this caller
   * @throws KsmpilotError WORK_EXHAUSTED, WORK_TOO_LONG; what the job throws; the signal's reason
   */
  async run<T>(key: string, signal: AbortSignal, job: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const entry = this.#entries.get(key) ?? this.#enter(key, job);
    entry.callers += 1;
    let leave: () => void = () => undefined;
    const given = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(reasonOf(signal));
      signal.addEventListener('abort', giveUp, { once: true });
      leave = () => signal.removeEventListener('abort', giveUp);
    });
    try {
      return (await Promise.race([entry.work, given])) as T;
    } finally {
      leave();
      entry.callers -= 1;
      if (entry.callers === 0) {
        entry.ended.abort(new Error('nobody waits for it'));
        // Who asks from now on must not get the failure of what is given up here.
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }
    }
  }

  #enter(key: string, job: (signal: AbortSignal) => Promise<unknown>): Entry {
    const { running, waiting } = this.#options;
    if (this.#running + this.#turns.length >= running + waiting) {
      throw new KsmpilotError('WORK_EXHAUSTED', `${running} such calls are under way and ${waiting} wait`, {
        hint: 'Try again in a few seconds.',
      });
    }
    const ended = new AbortController();
    const work = this.#inTurn(ended.signal, job).finally(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    work.catch(() => undefined); // callers that left do not hear of it
    const entry: Entry = { work, ended, callers: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  async #inTurn(ended: AbortSignal, job: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
    await this.#turn(ended);
    const limit = AbortSignal.timeout(this.#options.limitMs);
    try {
      return await job(AbortSignal.any([ended, limit]));
    } catch (error) {
      if (!limit.aborted || ended.aborted) throw error;
      throw new KsmpilotError('WORK_TOO_LONG', `it took longer than ${this.#options.limitMs / 1000} s`, {
        hint: 'Ask on the host itself: `ksmpilot why`, `map` and `simulate` have no limit.',
        cause: error,
      });
    } finally {
      this.#running -= 1;
      this.#turns.shift()?.();
    }
  }

  /** Resolves with a place among the running. */
  async #turn(ended: AbortSignal): Promise<void> {
    if (this.#running < this.#options.running) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        ended.removeEventListener('abort', give);
        this.#running += 1;
        resolve();
      };
      const give = (): void => {
        this.#turns.splice(this.#turns.indexOf(begin), 1);
        reject(reasonOf(ended));
      };
      this.#turns.push(begin);
      ended.addEventListener('abort', give, { once: true });
    });
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
