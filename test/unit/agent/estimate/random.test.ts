import { expect, it } from 'vitest';
import { fraction, gap, randomFrom } from '../../../../src/agent/estimate/random.js';

const seeded = (seed: number): (() => number) => randomFrom(Uint32Array.of(seed, 2, 3, 4));

it('draws the same from the same seed, and other numbers from another', () => {
  const [a, b, c] = [seeded(1), seeded(1), seeded(2)].map((random) => Array.from({ length: 5 }, random));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

it('draws evenly', () => {
  const random = seeded(3);
  const mean = Array.from({ length: 20_000 }, () => fraction(random)).reduce((sum, one) => sum + one, 0) / 20_000;
  expect(mean).toBeGreaterThan(0.49);
  expect(mean).toBeLessThan(0.51);
});

it('passes over so many that each is taken with the probability given', () => {
  const random = seeded(4);
  let [at, taken] = [gap(random, 0.03), 0];
  for (; at < 200_000; at += 1 + gap(random, 0.03)) taken += 1;
  expect(taken).toBeGreaterThan(5700); // 6000, give or take four deviations
  expect(taken).toBeLessThan(6300);
  expect(gap(random, 1)).toBe(0);
});
