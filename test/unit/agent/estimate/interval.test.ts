import { describe, expect, it } from 'vitest';
import { estimateTotal } from '../../../../src/agent/estimate/interval.js';

const seen = (sizes: readonly number[], certain = 0): Parameters<typeof estimateTotal>[0] => ({
  certain,
  sum: sizes.reduce((sum, size) => sum + size, 0),
  squares: sizes.reduce((sum, size) => sum + size ** 2, 0),
  largest: Math.max(0, ...sizes),
});

describe('estimateTotal', () => {
  it('is a point when everything was looked at', () => {
    expect(estimateTotal(seen([3, 4], 10), 1, 100)).toEqual({ value: 17, low: 17, high: 17 });
  });

  it('says what may be there although nothing was met', () => {
    const { value, low, high } = estimateTotal(seen([], 5), 0.01, 2);
    expect([value, low]).toEqual([5, 5]);
    // None of n clusters of 2 pages met has probability 0.99^n; that is 1.25 % at n = 436.
    expect(high).toBeGreaterThan(5 + 2 * 400);
    expect(high).toBeLessThan(5 + 2 * 470);
  });

  it('is a little wider than the exact interval of a Poisson count', () => {
    // 10 events: 95 % from 4.795 to 18.39 (Garwood 1936); at rate 0.001 a binomial count is one.
    const { value, low, high } = estimateTotal(seen(Array<number>(10).fill(1)), 0.001, 1);
    expect(value).toBe(10_000);
    expect(low).toBeGreaterThan(3800);
    expect(low).toBeLessThan(4795);
    expect(high).toBeGreaterThan(18_390);
    expect(high).toBeLessThan(21_000);
  });

  it('is wider for few large clusters than for many small ones with the same sum', () => {
    const width = (sizes: readonly number[]): number => {
      const { low, high } = estimateTotal(seen(sizes), 0.05, 2);
      return high - low;
    };
    expect(width([50, 50])).toBeGreaterThan(3 * width(Array<number>(100).fill(1)));
  });

  it('narrows to nothing as the rate nears 1', () => {
    for (const rate of [0.5, 0.9, 0.99, 0.9999]) {
      const { value, low, high } = estimateTotal(seen(Array<number>(1000).fill(2)), rate, 2);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      expect(high - low).toBeLessThan((2.2 * 2.24 * 2 * Math.sqrt(1000 * (1 - rate))) / rate + 10);
    }
  });
});
