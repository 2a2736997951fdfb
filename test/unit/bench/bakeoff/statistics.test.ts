import fc from 'fast-check';
import { expect, it } from 'vitest';
import { median, spread } from '../../../../bench/bakeoff/statistics.js';

it('takes the middle value, or the mean of the two middle ones', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeUndefined();
});

it('takes Infinity as later than all', () => {
  expect(median([5, Infinity, 6])).toBe(6);
  expect(median([5, Infinity, Infinity])).toBe(Infinity);
  expect(median([Infinity, Infinity])).toBe(Infinity);
});

it('has as many values below the median as above, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
      const middle = median(values) ?? NaN;
      const below = values.filter((value) => value < middle).length;
      const above = values.filter((value) => value > middle).length;
      expect(below).toBeLessThanOrEqual(values.length / 2);
      expect(above).toBeLessThanOrEqual(values.length / 2);
      expect(median(values.toReversed())).toBe(middle);
    }),
  );
});

it('gives the spread of repeats', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, count: 3 });
  expect(spread([])).toBeUndefined();
});
