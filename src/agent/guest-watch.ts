import { join } from 'node:path';
import { formatError } from './errors.js';
import { GuestBoard } from './guests/board.js';
import { MachineFinder } from './guests/finder.js';
import { listPids } from './kernel/pid.js';
import { glanceAtProcess, readProcessFacts } from './kernel/process-facts.js';
import type { Log } from './log.js';
import type { Point } from './model/derived.js';
import type { GuestTable } from './model/guest.js';
import type { ProcessLifetimes } from './model/probe.js';

export interface GuestWatchOptions {
  readonly pageSize: number;
  /** Read at each sample: the price may change while the agent runs. */
  readonly gibPerCore: () => number;
  readonly log: Log;
  /** Where /proc is. */
  readonly root?: string;
}

/** Keeps the table of guests up to date with the samples. What fails here costs the table alone, never a sample. */
export class GuestWatch {
  readonly #options: GuestWatchOptions;
  readonly #board: GuestBoard;
  readonly #finder: MachineFinder;
  #table: GuestTable | undefined;
  /** What the log was last told to be wrong, by part; empty: nothing. */
  readonly #wrong = new Map<string, string>();

  constructor(options: GuestWatchOptions) {
    const { root = '/' } = options;
    this.#options = options;
    this.#board = new GuestBoard((pid, startTicks) => readProcessFacts(root, pid, startTicks));
    this.#finder = new MachineFinder({
      list: () => listPids(join(root, 'proc')),
      glance: (pid) => glanceAtProcess(root, pid),
    });
  }

  /** Of the newest sample that it could be made of. */
  get table(): GuestTable | undefined {
    return this.#table;
  }

  /** @param lifetimes of processes, as the probes know them when the sample is taken */
  update({ sample, derived }: Point, lifetimes?: ProcessLifetimes): void {
    const { pageSize, gibPerCore } = this.#options;
    const known = new Set(sample.processes.map(({ pid }) => pid));
    // Without it the guests that have to do with KSM are still known.
    const others = this.#attempt('looking for machines', () => this.#finder.find(sample.monoMs, known)) ?? [];
    this.#attempt('the table of guests', () => {
      this.#table = this.#board.update({ sample, derived, pageSize, gibPerCore: gibPerCore(), others, lifetimes });
    });
  }

  /** Says a failure once, not each second. */
  #attempt<T>(part: string, work: () => T): T | undefined {
    try {
      const result = work();
      if (this.#wrong.delete(part)) this.#options.log.info(`${part} works again`);
      return result;
    } catch (error) {
      const text = formatError(error);
      if (this.#wrong.get(part) !== text) this.#options.log.warn(`${part} failed`, { error: text });
      this.#wrong.set(part, text);
      return undefined;
    }
  }
}
