import { formatError } from './errors.js';
import { findRivals, type Rival } from './kernel/rivals.js';
import type { Log } from './log.js';

/** Looking reads the name of every process; a tuner that starts in between is seen at its first write in any case. */
const LOOK_EVERY_MS = 30_000;

/** Keeps an eye on other tuners of KSM. */
export class RivalWatch {
  readonly #log: Log;
  #lookedAtMs = -Infinity;
  #seen: readonly Rival[] = [];

  constructor(options: { readonly log: Log }) {
    this.#log = options.log;
  }

  get seen(): readonly Rival[] {
    return this.#seen;
  }

  /** @param monoMs monotonic clock, milliseconds */
  look(monoMs: number): void {
    if (monoMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = monoMs;
    try {
      this.#tell(findRivals());
    } catch (error) {
      this.#log.warn('rivals cannot be looked for', { error: formatError(error) });
    }
  }

  #tell(now: readonly Rival[]): void {
    for (const { name, pid } of now) {
      if (!this.#seen.some((rival) => rival.pid === pid)) this.#log.warn(`another tuner is alive: ${name}`, { pid });
    }
    for (const { name, pid } of this.#seen) {
      if (!now.some((rival) => rival.pid === pid)) this.#log.info(`another tuner has gone: ${name}`, { pid });
    }
    this.#seen = now;
  }
}
