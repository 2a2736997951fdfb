import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimiter } from '../../../../src/agent/auth/rate-limiter.js';

function make(perSec: number, burst: number, maxKeys?: number): { limiter: RateLimiter; pass: (ms: number) => void } {
  let now = 0;
  const limiter = new RateLimiter({
    rate: { perSec, burst },
    monoMs: () => now,
    ...(maxKeys === undefined ? {} : { maxKeys }),
  });
  return { limiter, pass: (ms) => (now += ms) };
}

test('a burst, then as the rate says, each key for itself', () => {
  const { limiter, pass } = make(2, 3);
  expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([true, true, true, false]);
  expect(limiter.take('b')).toBe(true);
  pass(500);
  expect([1, 2].map(() => limiter.take('a'))).toEqual([true, false]);
  pass(60_000);
  expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([true, true, true, false]);
});

test('keys are bounded: the one that was quiet longest goes', () => {
  const { limiter } = make(0.001, 1, 2);
  expect(['a', 'b', 'a', 'c'].map((key) => limiter.take(key))).toEqual([true, true, false, true]);
  expect(limiter.keys).toBe(2);
  expect(limiter.take('a')).toBe(false); // kept
  expect(limiter.take('b')).toBe(true); // forgotten
});

test('never more than burst + rate x time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
      (perSec, burst, waits) => {
        const { limiter, pass } = make(perSec, burst);
        let [taken, ms] = [0, 0];
        for (const wait of waits) {
          pass(wait);
          ms += wait;
          if (limiter.take('k')) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(burst + (ms / 1000) * perSec + 1e-9);
      },
    ),
  );
});
