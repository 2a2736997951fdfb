/** A fixed set of 32-bit words: open addressing, a quarter full at most, so a look-up is one or two loads. */
export class WordSet {
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #hasZero: boolean;

  constructor(words: ReadonlySet<number>) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(4, words.size * 4)));
    this.#slots = new Uint32Array(size);
    this.#mask = size - 1;
    this.#hasZero = words.has(0);
    for (const word of words) {
      let slot = word & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = word;
    }
  }

  has(word: number): boolean {
    if (word === 0) return this.#hasZero;
    for (let slot = word & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = this.#slots[slot];
      if (found === word) return true;
      if (found === 0) return false;
    }
  }
}
