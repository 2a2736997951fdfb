import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PAGES_TO_SCAN, MAX_SLEEP_MS, MIN_SLEEP_MS, planKnobs, shareOf } from '../../../src/tuner/knobs.js';

describe('planKnobs', () => {
  test.each([
    // share, us per page, pages_to_scan, sleep_millisecs
    [0.5, 4, 3500, 12],
    [0.3, 3, 3100, 20],
    [0.01, 4, 3700, 1480],
    [0.001, 4, 500, 2000],
    [0.5, 50, 280, 12],
  ])('share %f at %i us a page', (share, us, pages_to_scan, sleep_millisecs) => {
    expect(planKnobs(share, us / 1e6)).toEqual({ pages_to_scan, sleep_millisecs });
  });

  test('nothing wanted: the slowest there is', () => {
    expect(planKnobs(0, 4e-6)).toEqual({ pages_to_scan: 1, sleep_millisecs: MAX_SLEEP_MS });
    expect(planKnobs(-1, 4e-6)).toEqual({ pages_to_scan: 1, sleep_millisecs: MAX_SLEEP_MS });
  });

  test('always whole numbers in range, and never more CPU than wanted', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        fc.double({ min: 2e-8, max: 1e-3, noNaN: true }),
        (share, secPerPage) => {
          const knobs = planKnobs(share, secPerPage);
          expect(Number.isInteger(knobs.pages_to_scan)).toBe(true);
          expect(knobs.pages_to_scan).toBeGreaterThanOrEqual(1);
          expect(knobs.pages_to_scan).toBeLessThanOrEqual(MAX_PAGES_TO_SCAN);
          expect(knobs.sleep_millisecs).toBeGreaterThanOrEqual(MIN_SLEEP_MS);
          expect(knobs.sleep_millisecs).toBeLessThanOrEqual(MAX_SLEEP_MS);
          // One page a batch is the least that can be asked for.
          if (knobs.pages_to_scan > 1) expect(shareOf(knobs, secPerPage)).toBeLessThanOrEqual(share * 1.0001);
        },
      ),
    );
  });

  test('a batch is no longer than 25 ms of work', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.0001, max: 0.8, noNaN: true }), (share) => {
        for (const c of [1e-6, 4e-6, 5e-5]) expect(planKnobs(share, c).pages_to_scan * c).toBeLessThan(0.025);
      }),
    );
  });
});

test('shareOf is the inverse, trim included', () => {
  for (const share of [0.02, 0.1, 0.4]) {
    const knobs = planKnobs(share, 4e-6, 1.2);
    expect(shareOf(knobs, 4e-6, 1.2) / share).toBeGreaterThan(0.88);
    expect(shareOf(knobs, 4e-6, 1.2) / share).toBeLessThanOrEqual(1);
  }
  expect(shareOf({ pages_to_scan: 0, sleep_millisecs: 20 }, 4e-6)).toBe(0);
});
