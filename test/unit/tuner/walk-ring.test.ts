import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leftIn, passedIn, varianceOf, walkOn, type WalkRing } from '../../../src/tuner/walk-ring.js';

test('what happens between two walks is passed evenly over the next full scan', () => {
  let ring: WalkRing = walkOn([], 0, 1000).ring;
  expect(leftIn(ring)).toBe(1000);
  for (const quarter of [1, 2, 3, 4]) {
    const step = walkOn(ring, 0.25, 0);
    expect(step.passed).toBeCloseTo(250, 8);
    ring = step.ring;
    expect(leftIn(ring)).toBeCloseTo(1000 - 250 * quarter, 8);
  }
  expect(walkOn(ring, 0.3, 0).ring).toEqual([]);
});

test('what happens during a walk is passed in part: half of it by a short one, all but half a scan of it by a long one', () => {
  expect(walkOn([], 0.5, 1000).passed).toBe(250);
  expect(walkOn([], 1, 1000).passed).toBe(500);
  expect(walkOn([], 10, 1000).passed).toBe(950);
});

test('doubt is greatest half way, and none at the ends', () => {
  const start = walkOn([], 0, 100).ring;
  expect(varianceOf(start)).toBe(0);
  expect(varianceOf(walkOn(start, 0.5, 0).ring)).toBe(50 * 50);
  expect(varianceOf(walkOn(start, 1, 0).ring)).toBe(0);
});

test('each page is passed once, however the walk goes; the ring stays small', () => {
  const tick = fc.record({ scans: fc.double({ min: 0, max: 3, noNaN: true }), pages: fc.nat({ max: 1e6 }) });
  fc.assert(
    fc.property(fc.array(tick, { maxLength: 200 }), (ticks) => {
      let ring: WalkRing = [];
      let happened = 0;
      let passed = 0;
      for (const { scans, pages } of ticks) {
        const step = walkOn(ring, scans, pages);
        ring = step.ring;
        happened += pages;
        passed += step.passed;
        if (Math.abs(passed + leftIn(ring) - happened) > 1e-6 * (1 + happened)) throw new Error('not conserved');
        if (ring.length > 22 || ring.some((e) => e.left < -1e-6 || e.passed < 0)) throw new Error(JSON.stringify(ring));
      }
      expect(passedIn(ring)).toBeLessThanOrEqual(passed * (1 + 1e-9));
    }),
    { numRuns: 200 },
  );
});
