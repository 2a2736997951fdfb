import type { ContentHash } from './content-hash.js';
import { WordSet } from './word-set.js';

/**
 * What is so frequent that no chance must decide whether it is looked at. One content with a million copies, sampled
 * one in a hundred, would be a hundred million saved pages or none.
 */
export interface CommonContents {
  /** Selection keys that many pages have: of these, all pages are hashed whole. */
  readonly keys: WordSet;
  /** Second words of the hashes of contents that many pages have: these are counted without sampling. */
  readonly contents: WordSet;
  /** The part of all pages that the pilot looked at, above 0, at most 1. */
  readonly pilotRate: number;
}

export const NOTHING_COMMON: CommonContents = {
  keys: new WordSet(new Set()),
  contents: new WordSet(new Set()),
  pilotRate: 1,
};

/**
 * Looks at pages at random places, before the estimate proper. What it meets twice is common: a content of which there
 * are c copies is met twice or more with probability 1 - (1 + x)e^-x, where x = c * rate; that is 96 % at x = 5.
 */
export class Pilot {
  readonly #hash: ContentHash;
  readonly #keys = new Set<number>();
  readonly #commonKeys = new Set<number>();
  readonly #contents = new Map<number, number>();
  readonly #commonContents = new Set<number>();

  constructor(hash: ContentHash) {
    this.#hash = hash;
  }

  /** Pages looked at. */
  pages = 0;

  add(words: Uint32Array, at: number): void {
    this.pages += 1;
    const key = this.#hash.selectionKey(words, at);
    if (this.#keys.has(key)) this.#commonKeys.add(key);
    this.#keys.add(key);
    this.#hash.hash(words, at);
    const [first = 0, second = 0] = this.#hash.words;
    if (this.#contents.get(second) === first) this.#commonContents.add(second);
    else this.#contents.set(second, first);
  }

  /** @param rate the part of all pages that was looked at */
  finish(rate: number): CommonContents {
    return { keys: new WordSet(this.#commonKeys), contents: new WordSet(this.#commonContents), pilotRate: rate };
  }
}
