import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundOf, type Bar } from '../../../../src/agent/model/quantile.js';

const BARS: readonly Bar[] = [
  { upper: 2, count: 0 },
  { upper: 4, count: 50 },
  { upper: 8, count: 49 },
  { upper: null, count: 1 },
];

describe('boundOf', () => {
  it.each([
    [0, 4],
    [0.5, 4],
    [0.51, 8],
    [0.99, 8],
    [0.995, undefined],
    [1, undefined],
  ])('share %d lies below %s', (share, bound) => expect(boundOf(BARS, share)).toBe(bound));

  it('says nothing of nothing', () => {
    expect(boundOf([], 0.5)).toBeUndefined();
    expect(boundOf([{ upper: 2, count: 0 }], 0.5)).toBeUndefined();
  });

  it('bounds the true quantile from above, by no more than its bar', () => {
    const values = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const bars = Array.from({ length: 21 }, (_, power) => ({
          upper: 2 ** (power + 1),
          count: all.filter((value) => value >= 2 ** power && value < 2 ** (power + 1)).length,
        }));
        const sorted = [...all].sort((a, b) => a - b);
        const truth = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
        const bound = boundOf(bars, share) ?? NaN;
        expect(bound).toBeGreaterThan(truth);
        expect(bound / 2).toBeLessThanOrEqual(truth);
      }),
    );
  });
});
