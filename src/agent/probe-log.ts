import type { Log } from './log.js';
import type { ProbeState } from './model/probe.js';

/** Says in the log which program serves each subject and which does not run, once per change. */
export class ProbeLog {
  readonly #log: Log;
  readonly #said = new Map<string, string>();

  constructor(options: { readonly log: Log }) {
    this.#log = options.log;
  }

  /** Starting is no news: what comes of it is. A program that comes back as it was is none either. */
  note({ name, state, detail }: ProbeState): void {
    if (state === 'starting' || state === 'off') return;
    const news = `${state} ${detail}`;
    if (this.#said.get(name) === news) return;
    this.#said.set(name, news);
    const level = state === 'backoff' || state === 'failed' ? 'warn' : 'info';
    this.#log[level](`probe ${name} ${state}`, { detail });
  }
}
