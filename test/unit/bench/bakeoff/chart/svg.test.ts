import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { letters, picture, polyline, roundTicks, scale } from '../../../../../bench/bakeoff/chart/svg.js';

describe('round ticks', () => {
  it.each([
    [0, 600, 4, [0, 200, 400, 600]],
    [0, 60, 7, [0, 10, 20, 30, 40, 50, 60]],
    [0, 0.3, 4, [0, 0.1, 0.2, 0.3]],
    [-2.2, 0.4, 8, [-2, -1.5, -1, -0.5, 0]],
    [-0.05, 0.05, 4, [-0.05, -0.025, 0, 0.025, 0.05]],
    [3, 3, 4, [3]],
  ])('from %d to %d, %d at most: %j', (low, high, most, ticks) => {
    expect(roundTicks(low, high, most)).toEqual(ticks);
  });

  it('lie within the range and are few', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        value,
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 4, max: 9 }),
        (low, span, most) => {
          const ticks = roundTicks(low, low + span, most);
          expect(ticks.length).toBeLessThanOrEqual(most + 1);
          expect(ticks.length).toBeGreaterThanOrEqual(1);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(low - span * 1e-6);
            expect(tick).toBeLessThanOrEqual(low + span * (1 + 1e-6));
          }
        },
      ),
    );
  });
});

it('scales, upside down too, and does not divide by an empty range', () => {
  expect([0, 5, 10].map(scale([0, 10], [100, 0]))).toEqual([100, 50, 0]);
  expect(scale([3, 3], [0, 10])(3)).toBe(0);
});

it('escapes what it is given, in text and title', () => {
  const svg = picture(10, 10, 'a < b', 'c & d', [letters(1, 2, '<script>')]);
  expect(svg).toContain('<title>a &lt; b</title>');
  expect(svg).toContain('<desc>c &amp; d</desc>');
  expect(svg).toContain('>&lt;script&gt;</text>');
});

it('draws nothing for no points', () => {
  expect(polyline([], 'line')).toBe('');
});
