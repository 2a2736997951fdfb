import type { Random } from './random.js';

/**
 * Words that the selection looks at: enough that pages which agree in all of them are mostly equal, few enough that
 * looking takes 30 ns where hashing the page takes 1.7 us.
 */
const SELECTION_WORDS = 16;

// Multipliers of MurmurHash3_x86_128 (Austin Appleby, public domain).
const [C1, C2, C3, C4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];

/**
 * Hashes of page contents, salted anew for each run: what a guest can do to make its pages collide or be selected it
 * would have to do blindly, and a hash says nothing to anyone who has not this run's salt, which no one sees.
 *
 * Contents are views of 32-bit words: 64-bit integers of JavaScript are ten times slower.
 */
export class ContentHash {
  readonly #pageWords: number;
  /** Combined with the page word by word before anything else. */
  readonly #salt: Uint32Array;
  /** Where in a page the selection looks: one place in each sixteenth, drawn for this run. */
  readonly #places: Uint32Array;
  /** The hash made last: 128 bits, so that among 2^40 pages a false match has a chance of 2^-49. */
  readonly words = new Uint32Array(4);

  /** @param pageSize bytes */
  constructor(pageSize: number, random: Random) {
    this.#pageWords = pageSize / 4;
    this.#salt = Uint32Array.from({ length: this.#pageWords + 4 }, random);
    const stratum = this.#pageWords / SELECTION_WORDS;
    this.#places = Uint32Array.from({ length: SELECTION_WORDS }, (_, index) => index * stratum + (random() % stratum));
  }

  /**
   * 32 bits made of a few words of the page. Equal pages have equal selection keys; the reverse need not hold.
   *
   * @param at index of the page's first word
   */
  selectionKey(words: Uint32Array, at: number): number {
    const salt = this.#salt;
    let key = salt[0] ?? 0;
    for (const place of this.#places) {
      key = Math.imul(key ^ (words[at + place] ?? 0) ^ (salt[place] ?? 0), 0x85ebca6b);
      key ^= key >>> 15;
    }
    return mixed(key) >>> 0;
  }

  /** Are all bytes of the page zero? */
  isZero(words: Uint32Array, at: number): boolean {
    const end = at + this.#pageWords;
    for (let index = at; index < end; index += 1) if (words[index] !== 0) return false;
    return true;
  }

  /** Puts the hash of the whole page into `words`: MurmurHash3_x86_128 of the page combined with the salt. */
  hash(page: Uint32Array, at: number): void {
    const salt = this.#salt;
    const length = this.#pageWords;
    let h1 = salt[length] ?? 0;
    let h2 = salt[length + 1] ?? 0;
    let h3 = salt[length + 2] ?? 0;
    let h4 = salt[length + 3] ?? 0;
    for (let i = 0; i < length; i += 4) {
      let k = Math.imul((page[at + i] ?? 0) ^ (salt[i] ?? 0), C1);
      h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
      h1 = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
      k = Math.imul((page[at + i + 1] ?? 0) ^ (salt[i + 1] ?? 0), C2);
      h2 ^= Math.imul((k << 16) | (k >>> 16), C3);
      h2 = (Math.imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747) | 0;
      k = Math.imul((page[at + i + 2] ?? 0) ^ (salt[i + 2] ?? 0), C3);
      h3 ^= Math.imul((k << 17) | (k >>> 15), C4);
      h3 = (Math.imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35) | 0;
      k = Math.imul((page[at + i + 3] ?? 0) ^ (salt[i + 3] ?? 0), C4);
      h4 ^= Math.imul((k << 18) | (k >>> 14), C1);
      h4 = (Math.imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17) | 0;
    }
    const bytes = length * 4;
    h1 ^= bytes;
    h2 ^= bytes;
    h3 ^= bytes;
    h4 ^= bytes;
    h1 = (h1 + h2 + h3 + h4) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
    h1 = mixed(h1);
    h2 = mixed(h2);
    h3 = mixed(h3);
    h4 = mixed(h4);
    h1 = (h1 + h2 + h3 + h4) | 0;
    this.words[0] = h1;
    this.words[1] = h2 + h1;
    this.words[2] = h3 + h1;
    this.words[3] = h4 + h1;
  }
}

/** Finalizer of MurmurHash3: each bit of the input changes each bit of the result with probability 1/2. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
