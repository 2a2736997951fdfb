import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseResolution } from '../../../../src/agent/history-store/query.js';

const SEC = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1_790_000_000_000;
const OLD = { samples: NOW - 6 * HOUR, minutes: NOW - 35 * DAY, hours: NOW - 800 * DAY };

describe('the resolution', () => {
  it.each([
    ['ten minutes', 10 * 60 * SEC, 600, 'samples', SEC],
    ['an hour', HOUR, 600, 'samples', 10 * SEC],
    ['six hours', 6 * HOUR, 600, 'minutes', 60 * SEC],
    ['a day', DAY, 600, 'minutes', 5 * 60 * SEC],
    ['a day on a wide screen', DAY, 5000, 'minutes', 60 * SEC],
    ['a month', 30 * DAY, 600, 'hours', 2 * HOUR],
    ['two years', 730 * DAY, 600, 'hours', 2 * DAY],
  ])('of %s is round and fits', (_name, span, points, tier, stepMs) => {
    expect(chooseResolution({ fromMs: NOW - span, toMs: NOW, points }, OLD, SEC)).toMatchObject({ tier, stepMs });
  });

  it('is that of minutes where samples are kept no more, and of hours where minutes are not', () => {
    const ago = (ms: number): { fromMs: number; toMs: number; points: number } => ({
      fromMs: NOW - ms,
      toMs: NOW - ms + 10 * 60 * SEC,
      points: 600,
    });
    expect(chooseResolution(ago(DAY), OLD, SEC)).toEqual({ tier: 'minutes', stepMs: 60 * SEC, isAsKept: true });
    expect(chooseResolution(ago(100 * DAY), OLD, SEC)).toEqual({ tier: 'hours', stepMs: HOUR, isAsKept: true });
  });

  it('is that of samples from the first minute of a new history on', () => {
    const young = { samples: NOW - 90 * SEC, minutes: NOW - 120 * SEC, hours: NOW - HOUR };
    expect(chooseResolution({ fromMs: NOW - HOUR, toMs: NOW, points: 3600 }, young, SEC).tier).toBe('samples');
  });

  it('is never finer than the interval between two samples', () => {
    expect(chooseResolution({ fromMs: NOW - 60 * SEC, toMs: NOW, points: 5000 }, OLD, 10 * SEC).stepMs).toBe(10 * SEC);
  });

  it('never gives more points than asked for, but for the one that is cut at the edge', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 * 365 * DAY }), fc.integer({ min: 2, max: 5000 }), (span, points) => {
        const { stepMs } = chooseResolution({ fromMs: NOW - span, toMs: NOW, points }, OLD, SEC);
        expect(Math.ceil(span / stepMs)).toBeLessThanOrEqual(points);
      }),
    );
  });
});
