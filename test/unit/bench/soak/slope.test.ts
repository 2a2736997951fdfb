import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slopeOf } from '../../../../bench/soak/slope.js';
import { chance } from '../../../helpers/chance.js';

const SERIES = 120;

test('a straight line has its slope, and nothing is uncertain', () => {
  const points = Array.from({ length: SERIES }, (_, x) => [x, 3 + 0.5 * x] as const);
  expect(slopeOf(points)).toEqual({ median: 0.5, low: 0.5, high: 0.5 });
});

test('a tenth of wild values moves neither the slope nor its bounds by much', () => {
  const points = Array.from({ length: SERIES }, (_, x) => [x, 0.5 * x + (x % 10 === 3 ? 1000 : 0)] as const);
  const slope = slopeOf(points);
  expect(slope?.median).toBeCloseTo(0.5, 6);
  expect(slope?.low).toBeGreaterThan(0.4);
});

test('noise and a sawtooth do not grow: the lower bound stays below 0', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 15 }), (seed, tooth) => {
      const random = chance(seed);
      const points = Array.from({ length: SERIES }, (_, x) => [x, (x % tooth) + random()] as const);
      // At 97.5 % one noise in forty has its bound above 0: by how much is what counts.
      expect((slopeOf(points)?.low ?? NaN) * SERIES).toBeLessThan(tooth / 4);
    }),
    { numRuns: 50 },
  );
});

test('growth below noise of three times its size is found', () => {
  const random = chance(7);
  const points = Array.from({ length: SERIES }, (_, x) => [x, 0.05 * x + 18 * random()] as const);
  expect(slopeOf(points)?.low).toBeGreaterThan(0);
});

test('a few points say nothing', () => {
  expect(slopeOf([[0, 1]])).toBeUndefined();
});
