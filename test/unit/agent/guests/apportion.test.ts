import fc from 'fast-check';
import { expect, test } from 'vitest';

import { apportion } from '../../../../src/agent/guests/apportion.js';

test('by weight, in whole numbers', () => {
  expect(apportion(10, [1, 1, 2, 0])).toEqual([3, 2, 5, 0]);
  expect(apportion(1, [1, 1, 1])).toEqual([0, 1, 0]);
  expect(apportion(7, [0, 0])).toEqual([0, 7]);
  expect(apportion(0, [5, 0])).toEqual([0, 0]);
  expect(apportion(0, [])).toEqual([]);
});

test('sums to the total, each within one of its share, none negative', () => {
  const weight = fc.oneof(fc.nat(10), fc.nat(2 ** 31 - 1), fc.constant(0), fc.maxSafeNat());
  fc.assert(
    fc.property(
      fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 2 ** 48 })),
      fc.array(weight, { minLength: 1, maxLength: 50 }),
      (total, weights) => {
        const parts = apportion(total, weights);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        const sum = weights.reduce((all, one) => all + one, 0);
        if (sum === 0) return;
        for (const [index, part] of parts.entries()) {
          expect(Number.isInteger(part)).toBe(true);
          expect(Math.abs(part - total * ((weights[index] ?? 0) / sum))).toBeLessThanOrEqual(1.01);
        }
      },
    ),
  );
});
