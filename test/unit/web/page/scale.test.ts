import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanSec, timeTicks, valueTicks } from '../../../../web/page/scale.js';

const MIB = 1024 ** 2;

describe('valueTicks', () => {
  it('steps in whole powers of two for bytes', () => {
    expect(valueTicks(0, 1_400 * MIB, 'binary').ticks).toEqual([0, 512, 1_024, 1_536].map((size) => size * MIB));
  });

  it('steps in 1, 2, 5 for the rest', () => {
    expect(valueTicks(0, 33, 'decimal').ticks).toEqual([0, 10, 20, 30, 40]);
  });

  it('goes below zero where there are negative values', () => {
    expect(valueTicks(-3, 10, 'decimal').min).toBeLessThanOrEqual(-3);
  });

  it('has an answer where nothing is known', () => {
    expect(valueTicks(Infinity, -Infinity, 'decimal')).toEqual({ min: 0, max: 1, ticks: [0] });
  });

  it('always spans the data with a handful of ticks', () => {
    const value = fc.double({ min: -1e15, max: 1e15, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-6);
    fc.assert(
      fc.property(value, value, fc.constantFrom('binary' as const, 'decimal' as const), (a, b, steps) => {
        const { min, max, ticks } = valueTicks(Math.min(a, b), Math.max(a, b), steps);
        const slack = Math.abs(max - min) * 1e-3;
        expect(min).toBeLessThanOrEqual(Math.min(a, b) + slack);
        expect(max).toBeGreaterThanOrEqual(Math.max(a, b) - slack);
        expect(ticks.length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe('spanSec', () => {
  it('holds all there is in the shortest span, up to what was asked for', () => {
    expect([0, 59, 61, 250, 301, 900, 5_000].map((held) => spanSec(held, 900))).toEqual([
      60, 60, 120, 300, 900, 900, 900,
    ]);
    expect(spanSec(30_000, 21_600)).toBe(21_600);
    expect(spanSec(500, 120)).toBe(120);
  });
});

describe('timeTicks', () => {
  it('falls on whole local times', () => {
    const noon = Date.UTC(2026, 0, 1, 12, 0, 0);
    // Local time is UTC+05:30: whole local hours lie on half hours of UTC.
    const ticks = timeTicks(noon - 3 * 3_600_000, noon, 4, 5.5 * 3_600_000);
    expect(ticks.map((time) => new Date(time).toISOString().slice(11, 16))).toEqual(['09:30', '10:30', '11:30']);
  });

  it('never gives more than asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: 2, max: 12 }), (spanSec, most) => {
        expect(timeTicks(1e12, 1e12 + spanSec * 1_000, most, 0).length).toBeLessThanOrEqual(most + 1);
      }),
    );
  });
});
