import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedDifference, verdict } from '../../../../bench/probes/interval.js';

describe('pairedDifference', () => {
  it('takes differences pair by pair, so that a drift of both cancels', () => {
    const drift = Array.from({ length: 31 }, (_, n) => 1000 + 40 * n);
    const withIt = drift.map((value, n) => value + 100 + (n % 3) - 1);
    const { median, low, high, pairs } = pairedDifference(withIt, drift);
    expect(median).toBe(100);
    expect(low).toBeGreaterThanOrEqual(99);
    expect(high).toBeLessThanOrEqual(101);
    expect(pairs).toBe(31);
  });

  it('is not moved by a few pairs that somebody disturbed', () => {
    const without = Array.from({ length: 31 }, (_, n) => 2000 + (n % 5));
    const withIt = without.map((value, n) => (n < 4 ? value + 9000 : value + 50));
    expect(pairedDifference(withIt, without)).toMatchObject({ median: 50, low: 50, high: 50 });
  });

  it('covers the true difference about 95 times in 100', () => {
    let state = 7;
    const noise = (): number => {
      // Twelve uniform numbers: close to normal, with a deviation of 1.
      let sum = -6;
      for (let n = 0; n < 12; n += 1) sum += (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
      return sum;
    };
    const runs = 100;
    let covered = 0;
    for (let run = 0; run < runs; run += 1) {
      const without = Array.from({ length: 30 }, () => 2000 + 20 * noise());
      const { low, high } = pairedDifference(
        without.map((value) => value + 80 + 30 * noise()),
        without,
      );
      if (low <= 80 && high >= 80) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.88);
    expect(covered / runs).toBeLessThan(1);
  }, 30_000);

  it('gives the same interval for the same pairs, and holds the median', () => {
    const figures = fc.array(fc.float({ min: 0, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(figures, (values) => {
        const without = values.map(() => 0);
        const first = pairedDifference(values, without);
        expect(pairedDifference(values, without)).toEqual(first);
        expect(first.low).toBeLessThanOrEqual(first.high);
        expect(first.low).toBeLessThanOrEqual(first.median);
        expect(first.high).toBeGreaterThanOrEqual(first.median);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses what is no set of pairs', () => {
    expect(() => pairedDifference([1, 2], [1])).toThrow(RangeError);
    expect(() => pairedDifference([], [])).toThrow(RangeError);
  });
});

describe('verdict', () => {
  it('tells a limit that is kept from one that is not, and from one that the interval contains', () => {
    expect(verdict({ median: 40, low: 30, high: 50, pairs: 30 }, 50)).toBe('met');
    expect(verdict({ median: 60, low: 51, high: 70, pairs: 30 }, 50)).toBe('missed');
    expect(verdict({ median: 40, low: 30, high: 51, pairs: 30 }, 50)).toBe('undecided');
  });
});
