import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timeTicks } from '../../../../web/page/time-axis.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let zone: string | undefined;

beforeEach(() => {
  zone = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
});

afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const local = (text: string): number => new Date(text).getTime();
const labels = (from: number, to: number, most: number): string[] =>
  timeTicks(from, to, most).map(({ label }) => label);

describe('timeTicks', () => {
  it('falls on whole local times', () => {
    const noon = local('2026-01-01T12:00:10');
    expect(labels(noon - 3 * HOUR, noon, 4)).toEqual(['10:00', '11:00', '12:00']);
    expect(labels(noon - 20_000, noon, 3)).toEqual(['11:59:50', '12:00:00', '12:00:10']);
  });

  it('names the day at midnight', () => {
    expect(labels(local('2026-11-20T20:00'), local('2026-11-21T05:00'), 4)).toEqual(['21:00', '21 Nov', '03:00']);
  });

  it('marks days, then weeks from Mondays, then months', () => {
    const from = local('2026-11-05T13:00');
    expect(labels(from, from + 3 * DAY, 4)).toEqual(['6 Nov', '7 Nov', '8 Nov']);
    expect(labels(from, from + 28 * DAY, 5)).toEqual(['9 Nov', '16 Nov', '23 Nov', '30 Nov']);
    expect(labels(from, from + 365 * DAY, 5)).toEqual(['Jan 2027', 'Apr 2027', 'Jul 2027', 'Oct 2027']);
  });

  it('keeps to the clock on the day when it is changed', () => {
    // Summer time ends on 25 October 2026 at 03:00: that day has 25 hours.
    expect(labels(local('2026-10-25T00:00'), local('2026-10-25T12:00'), 5)).toEqual([
      '25 Oct',
      '03:00',
      '06:00',
      '09:00',
      '12:00',
    ]);
  });

  it('never gives many more than asked for, and rises', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000_000 }), fc.integer({ min: 2, max: 12 }), (spanSec, most) => {
        const times = timeTicks(1e12, 1e12 + spanSec * 1_000, most).map(({ timeMs }) => timeMs);
        expect(times.length).toBeLessThanOrEqual(most + 2);
        expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
        expect(times.every((time) => time >= 1e12 && time <= 1e12 + spanSec * 1_000)).toBe(true);
      }),
    );
  });

  it('has none for a span of nothing', () => {
    expect(timeTicks(5, 5, 4)).toEqual([]);
  });
});
