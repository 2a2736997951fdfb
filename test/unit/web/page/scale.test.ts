import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownSpan, valueTicks } from '../../../../web/page/scale.js';

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

  it('gives a dip a little below zero a quarter of a step', () => {
    const { min, ticks } = valueTicks(-2 * MIB, 190 * MIB, 'binary');
    expect({ min, ticks }).toEqual({ min: -16 * MIB, ticks: [0, 64, 128, 192].map((size) => size * MIB) });
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

describe('shownSpan', () => {
  it('holds all there is in the shortest span, up to what was asked for', () => {
    const minute = 60_000;
    const shown = (heldMs: number, askedMs: number): number => shownSpan(heldMs, askedMs) / minute;
    expect([0, 59_000, 61_000, 250_000, 301_000, 900_000, 5e6].map((held) => shown(held, 15 * minute))).toEqual([
      1, 1, 2, 5, 15, 15, 15,
    ]);
    expect(shown(30_000_000, 360 * minute)).toBe(360);
    expect(shown(500_000, 2 * minute)).toBe(2);
  });
});
