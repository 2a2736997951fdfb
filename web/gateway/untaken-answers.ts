/** Answers that were given, and that nobody reads: each is held in memory until it is. */

import type { ServerResponse } from 'node:http';

/** Far more than all pages of a fleet have under way; an answer of the history with all its fields is some 10 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The largest answer, through a tunnel of a megabit a second. */
const WITHIN_MS = 120_000;

/**
 * Bounds them: whoever can connect, as every local user can, could ask for much on many connections and read nothing. One
 * too many, and that which has waited longest is given up with its connection; so nobody is locked out either.
 */
export class UntakenAnswers {
  readonly #mostBytes: number;
  readonly #withinMs: number;
  /** Bytes by answer, the oldest first. */
  readonly #waiting = new Map<ServerResponse, number>();
  #bytes = 0;

  constructor({ mostBytes = MOST_BYTES, withinMs = WITHIN_MS }: { mostBytes?: number; withinMs?: number } = {}) {
    this.#mostBytes = mostBytes;
    this.#withinMs = withinMs;
  }

  /** What all of them held when they were given. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An answer that is complete, as far as this program goes. */
  add(res: ServerResponse): void {
    const bytes = res.writableLength;
    if (bytes === 0 || res.writableFinished || res.destroyed) return;
    this.#waiting.set(res, bytes);
    this.#bytes += bytes;
    const timer = setTimeout(() => this.#giveUp(res), this.#withinMs).unref();
    res.once('close', () => {
      clearTimeout(timer);
      this.#forget(res);
    });
    for (const [oldest] of this.#waiting) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#giveUp(oldest);
    }
  }

  #giveUp(res: ServerResponse): void {
    this.#forget(res);
    res.destroy();
  }

  #forget(res: ServerResponse): void {
    this.#bytes -= this.#waiting.get(res) ?? 0;
    this.#waiting.delete(res);
  }
}
