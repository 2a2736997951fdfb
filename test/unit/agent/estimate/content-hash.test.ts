import { describe, expect, it } from 'vitest';
import { ContentHash } from '../../../../src/agent/estimate/content-hash.js';
import { randomFrom } from '../../../../src/agent/estimate/random.js';

const PAGE = 4096;
const WORDS = PAGE / 4;
const counting = Uint32Array.from({ length: WORDS }, (_, index) => Math.imul(index, 2654435761));
const salted = (seed: number): ContentHash => new ContentHash(PAGE, randomFrom(Uint32Array.of(seed, 2, 3, 4)));

function hashOf(hash: ContentHash, words: Uint32Array, at = 0): number[] {
  hash.hash(words, at);
  return [...hash.words];
}

describe('the hash', () => {
  it('is MurmurHash3_x86_128 when the salt is nothing', () => {
    // Values of mmh3 5.1 (hash_bytes(page, seed=0, x64arch=False)).
    const plain = new ContentHash(PAGE, () => 0);
    expect(hashOf(plain, counting)).toEqual([1549789546, 3283248981, 2625189769, 2307079082]);
    expect(hashOf(plain, new Uint32Array(WORDS))).toEqual([2609626500, 4207723584, 2899949179, 1577763878]);
  });

  it('depends on the salt', () => {
    expect(hashOf(salted(1), counting)).toEqual(hashOf(salted(1), counting));
    expect(hashOf(salted(1), counting)).not.toEqual(hashOf(salted(2), counting));
  });

  it('is of the page at the place given', () => {
    const two = new Uint32Array(2 * WORDS);
    two.set(counting, WORDS);
    expect(hashOf(salted(1), two, WORDS)).toEqual(hashOf(salted(1), counting));
  });

  it('changes about half of its bits with any bit of the page', () => {
    const hash = salted(3);
    const before = hashOf(hash, counting);
    for (let bit = 0; bit < PAGE * 8; bit += 997) {
      const words = counting.slice();
      words[bit >>> 5] = (words[bit >>> 5] ?? 0) ^ (1 << (bit & 31));
      const changed = hashOf(hash, words).map((word, index) => word ^ (before[index] ?? 0));
      const bits = changed.reduce((sum, word) => sum + ((word >>> 0).toString(2).match(/1/g)?.length ?? 0), 0);
      expect(bits).toBeGreaterThan(32);
      expect(bits).toBeLessThan(96);
    }
  });
});

describe('the selection key', () => {
  it('is the same for equal pages, and looks at sixteen words', () => {
    const hash = salted(4);
    const key = hash.selectionKey(counting, 0);
    expect(hash.selectionKey(counting.slice(), 0)).toBe(key);
    const looked = [...counting.keys()].filter((index) => {
      const words = counting.slice();
      words[index] = ~(words[index] ?? 0);
      return hash.selectionKey(words, 0) !== key;
    });
    expect(looked).toHaveLength(16);
    // One in each sixteenth, so that no part of a page goes unlooked at.
    expect(looked.map((index) => Math.floor(index / 64))).toEqual([...Array(16).keys()]);
  });

  it('looks at other words with another salt', () => {
    const differ = counting.slice();
    differ[5] = 1;
    const noticed = Array.from({ length: 400 }, (_, seed) => {
      const hash = salted(seed);
      return hash.selectionKey(differ, 0) !== hash.selectionKey(counting, 0) ? 1 : 0;
    });
    const share = noticed.reduce<number>((sum, one) => sum + one, 0) / 400;
    expect(share).toBeGreaterThan(0); // 1 in 64 each
    expect(share).toBeLessThan(0.06);
  });

  it('is spread evenly, whatever the pages have in common', () => {
    const hash = salted(5);
    const words = new Uint32Array(WORDS);
    let below = 0;
    for (let page = 0; page < 4000; page += 1) {
      words.fill(page);
      if (hash.selectionKey(words, 0) < 2 ** 32 / 10) below += 1;
    }
    expect(below).toBeGreaterThan(320); // 400, give or take four deviations
    expect(below).toBeLessThan(480);
  });
});

describe('isZero', () => {
  it('is true for zeros only', () => {
    const hash = salted(6);
    const words = new Uint32Array(WORDS);
    expect(hash.isZero(words, 0)).toBe(true);
    words[WORDS - 1] = 1;
    expect(hash.isZero(words, 0)).toBe(false);
  });
});
