/**
 * Breaks of single pages over time: what each page was merged into when it was broken, break by break. Pure and bounded:
 * where there are too many pages, every second one is forgotten, chosen by hash, so that those kept are known whole.
 */

import type { PageBreak } from '../model/page-break.js';
import { MAX_PAGES, MAX_PAIRS, SAME_BREAK_MS } from './limits.js';

/** Two breaks of one page, one after the other. */
export interface BreakPair {
  /** Of the second break, CLOCK_MONOTONIC, milliseconds. */
  readonly atMs: number;
  readonly gapMs: number;
  /** From the same KSM page both times: merged again with the same content in between. */
  readonly same: boolean;
}

export interface PageRecord {
  readonly number: number;
  readonly pid: number;
  /** The KSM page that it was broken from last. */
  readonly content: number;
  /** When that was. */
  readonly brokenMs: number;
  /** Newest last, at most MAX_PAIRS. */
  readonly pairs: readonly BreakPair[];
}

export class PageHistory {
  readonly #maxPages: number;
  readonly #pages = new Map<string, PageRecord>();
  #mask = 0;

  constructor(maxPages = MAX_PAGES) {
    this.#maxPages = maxPages;
  }

  /** One in so many of the pages that it is told of. */
  get oneIn(): number {
    return this.#mask + 1;
  }

  get size(): number {
    return this.#pages.size;
  }

  get records(): Iterable<PageRecord> {
    return this.#pages.values();
  }

  /** In the order of time. */
  add(breaks: readonly PageBreak[]): void {
    for (const one of breaks) if (this.#isKept(one.number)) this.#note(one);
    while (this.#pages.size > this.#maxPages) this.#thin();
  }

  /** Drops the pages that were not broken since, and takes more again where few are left. */
  forgetBefore(monoMs: number): void {
    for (const [page, { brokenMs }] of this.#pages) if (brokenMs < monoMs) this.#pages.delete(page);
    if (this.#pages.size * 4 < this.#maxPages) this.#mask >>= 1;
  }

  #note({ page, number, pid, content, monoMs }: PageBreak): void {
    const known = this.#pages.get(page);
    if (known?.pid !== pid) {
      this.#pages.set(page, { number, pid, content, brokenMs: monoMs, pairs: [] });
      return;
    }
    const pair = { atMs: monoMs, gapMs: monoMs - known.brokenMs, same: content === known.content };
    if (pair.gapMs < SAME_BREAK_MS) return;
    const pairs = [...known.pairs.slice(1 - MAX_PAIRS), pair];
    this.#pages.set(page, { number, pid, content, brokenMs: monoMs, pairs });
  }

  #thin(): void {
    this.#mask = this.#mask * 2 + 1;
    for (const [page, { number }] of this.#pages) if (!this.#isKept(number)) this.#pages.delete(page);
  }

  /** Pages of a larger mask are among those of a smaller one. Neighbours part ways: an attacker's buffer is thinned evenly. */
  #isKept(number: number): boolean {
    const mixed = Math.imul((number ^ (number / 2 ** 32)) | 0, 0x9e3779b1);
    return ((mixed >>> 15) & this.#mask) === 0;
  }
}
