import { ClusterSums } from './cluster-sums.js';
import type { CommonContents } from './pilot.js';
import type { ContentHash } from './content-hash.js';
import { ContentTable } from './content-table.js';
import type { FrameLedger } from './frame-ledger.js';
import { estimateTotal, type Estimate, type Evidence } from './interval.js';
import { savedOf, type MergeRules } from './merge-rules.js';

/** Contents kept at most: 60 MB. When there are more, the rate is halved and every other one dropped. */
export const MOST_CONTENTS = 2 ** 20;

/** The page of zeros has the first row of the table, and keeps it. */
const ZERO_ROW = 0;

/** A page as its process maps it. */
export interface PageUse {
  /** In memory offered to KSM. */
  readonly offered: boolean;
  /** Its frame, if that is mapped more than once; -1 if by this page alone. */
  readonly frame: number;
}

/** In pages. */
export interface ProcessFigures {
  /** Would be saved if this process merged by itself. */
  readonly within: Estimate;
  /** Pages of zeros, not counting those that KSM has placed on the kernel's zero page. */
  readonly zeros: number;
}

/** In pages. */
export interface TotalFigures {
  /** What merging saves in all if everything is offered. */
  readonly all: Estimate;
  /** The same of what is offered now. */
  readonly offered: Estimate;
  /** What is saved now. */
  readonly already: Estimate;
  /** Part of `all` that needs no second process. */
  readonly within: Estimate;
  /** The rest of `all`. */
  readonly across: Estimate;
}

/**
 * Selects pages by content and counts the copies of what it selected. Equal pages are selected or left out together,
 * wherever they are, so each selected content is counted in full, and its count stands for 1/rate of its like.
 *
 * A page is selected by a key made of a few of its words. Where many pages share a key (mostly zeros, say, with one number
 * in them), the whole page's hash selects; contents that are common themselves are counted always. Both are known before
 * from the pilot, so that the rule is the same for the first page and the last.
 */
export class Sampler {
  readonly #hash: ContentHash;
  readonly #common: CommonContents;
  readonly #ledger: FrameLedger;
  readonly #rules: MergeRules;
  readonly #mostContents: number;
  readonly #table = new ContentTable();
  readonly #zeroKey: number;
  /** A key is selected if below. */
  #threshold: number;
  /** Rows with copies in the process being read. */
  #touched: number[] = [];

  constructor(options: {
    readonly hash: ContentHash;
    readonly common: CommonContents;
    readonly ledger: FrameLedger;
    readonly rules: MergeRules;
    readonly pageSize: number;
    /** Probability with which a content is selected, above 0, at most 1. */
    readonly rate: number;
    readonly mostContents: number;
  }) {
    this.#hash = options.hash;
    this.#common = options.common;
    this.#ledger = options.ledger;
    this.#rules = options.rules;
    this.#mostContents = options.mostContents;
    this.#threshold = options.rate * 2 ** 32;
    const zeros = new Uint32Array(options.pageSize / 4);
    this.#zeroKey = this.#hash.selectionKey(zeros, 0);
    this.#hash.hash(zeros, 0);
    this.#table.row(this.#hash.words, 0, true);
  }

  /** Pages hashed whole. */
  hashedPages = 0;

  /** The rate now: that asked for, or a half, a quarter, ... of it where memory would not have held all. */
  get rate(): number {
    return this.#threshold / 2 ** 32;
  }

  /** Different contents counted, zeros among them. */
  get contents(): number {
    return this.#table.size;
  }

  /**
   * @param at index of the page's first word
   * @returns false for the kernel's zero page, which takes no memory and is none of KSM's
   */
  take(words: Uint32Array, at: number, use: PageUse): boolean {
    const key = this.#hash.selectionKey(words, at);
    if (key === this.#zeroKey && this.#hash.isZero(words, at)) {
      return this.#count(ZERO_ROW, use);
    }
    const byContent = key === this.#zeroKey || this.#common.keys.has(key);
    if (!byContent && key >= this.#threshold) return true;
    this.#hash.hash(words, at);
    this.hashedPages += 1;
    const hash = this.#hash.words;
    const [first = 0, second = 0] = hash;
    const certain = byContent && this.#common.contents.has(second);
    if (byContent && !certain && first >= this.#threshold) return true;
    this.#count(this.#table.row(hash, byContent ? first : key, certain), use);
    if (this.#table.size > this.#mostContents) this.#thin();
    return true;
  }

  /** The process was read to its end: what was taken since the last one counts. */
  endProcess(): ProcessFigures {
    const table = this.#table;
    const sums = new ClusterSums(1);
    let zeros = 0;
    for (const row of this.#touched) {
      const copies = table.get(row, 'ownCopies');
      const saved = savedOf(copies, this.#rules, row === ZERO_ROW);
      if (row === ZERO_ROW) zeros = copies;
      sums.add(this.#clusterOf(row), [saved]);
      table.add(row, 'copies', copies);
      table.add(row, 'offered', table.get(row, 'ownOffered'));
      table.add(row, 'frames', table.get(row, 'ownFrames'));
      table.add(row, 'savedWithin', saved);
    }
    this.#ledger.commit();
    const figures = { within: this.#estimate(sums.evidence(0)), zeros };
    this.#forgetProcess();
    return figures;
  }

  /** The process ended before it was through: as if it had never been there. */
  dropProcess(): void {
    this.#ledger.rollback();
    this.#forgetProcess();
  }

  totals(): TotalFigures {
    const table = this.#table;
    const sums = new ClusterSums(5);
    for (let row = 0; row < table.size; row += 1) {
      const zero = row === ZERO_ROW;
      const copies = table.get(row, 'copies');
      const all = savedOf(copies, this.#rules, zero);
      const offered = savedOf(table.get(row, 'offered'), this.#rules, zero);
      const within = table.get(row, 'savedWithin');
      sums.add(this.#clusterOf(row), [all, offered, copies - table.get(row, 'frames'), within, all - within]);
    }
    return {
      all: this.#estimate(sums.evidence(0)),
      offered: this.#estimate(sums.evidence(1)),
      already: this.#estimate(sums.evidence(2)),
      within: this.#estimate(sums.evidence(3)),
      across: this.#estimate(sums.evidence(4)),
    };
  }

  #count(row: number, use: PageUse): boolean {
    const frame = use.frame < 0 ? 'new' : this.#ledger.use(use.frame);
    if (frame === 'zero-page') return false;
    if (frame === 'inherited') return true;
    const table = this.#table;
    if (table.get(row, 'ownCopies') === 0) this.#touched.push(row);
    table.add(row, 'ownCopies', 1);
    if (use.offered) table.add(row, 'ownOffered', 1);
    if (frame === 'new') table.add(row, 'ownFrames', 1);
    return true;
  }

  /** Halves the rate: of what is there, half would not have been selected at the new one. */
  #thin(): void {
    const table = this.#table;
    this.#threshold /= 2;
    table.retain((row) => table.get(row, 'certain') === 1 || table.get(row, 'cluster') < this.#threshold);
    this.#touched = [];
    for (let row = 0; row < table.size; row += 1) if (table.get(row, 'ownCopies') > 0) this.#touched.push(row);
  }

  #forgetProcess(): void {
    for (const row of this.#touched) {
      for (const column of ['ownCopies', 'ownOffered', 'ownFrames'] as const) this.#table.set(row, column, 0);
    }
    this.#touched = [];
  }

  #estimate(evidence: Evidence): Estimate {
    // A content so rare that the pilot may well not have met it twice.
    const { pilotRate } = this.#common;
    const unseen = pilotRate >= 1 ? 0 : 2 / pilotRate;
    const { value, low, high } = estimateTotal(evidence, this.rate, unseen);
    // What was counted is there, whatever the sample says of the rest.
    return { value, low: Math.max(low, evidence.certain + evidence.sum), high };
  }

  #clusterOf(row: number): number | undefined {
    return this.#table.get(row, 'certain') === 1 ? undefined : this.#table.get(row, 'cluster');
  }
}
