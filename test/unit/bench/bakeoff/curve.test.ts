import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Curve } from '../../../../bench/bakeoff/curve.js';
import { integral, reaches, steepest, valueAt } from '../../../../bench/bakeoff/curve.js';

const curve = (...points: readonly [number, number][]): Curve => points.map(([sec, value]) => ({ sec, value }));

describe('valueAt', () => {
  const slope = curve([0, 10], [2, 20], [3, 0]);

  it('is straight between points, and flat outside', () => {
    expect([-1, 0, 1, 2, 2.5, 3, 9].map((sec) => valueAt(slope, sec))).toEqual([10, 10, 15, 20, 10, 0, 0]);
  });

  it('is 0 without points', () => {
    expect(valueAt([], 1)).toBe(0);
  });
});

describe('integral', () => {
  it('adds trapezoids', () => {
    expect(integral(curve([0, 10], [2, 20], [3, 0]))).toBe(30 + 10);
  });

  it('is the same however a curve is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 2, maxLength: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const whole = values.map((value, sec) => ({ sec, value }));
          const cut = share * (values.length - 1);
          const first = [...whole.filter(({ sec }) => sec < cut), { sec: cut, value: valueAt(whole, cut) }];
          const second = [{ sec: cut, value: valueAt(whole, cut) }, ...whole.filter(({ sec }) => sec > cut)];
          expect(integral(first) + integral(second)).toBeCloseTo(integral(whole), 6);
        },
      ),
    );
  });
});

describe('steepest', () => {
  it('finds a burst wherever it begins, also between two points', () => {
    // Half a core from second 5 to 20, samples at odd moments.
    const burst = curve([0, 0], [5, 0], [20, 7.5], [40, 7.5]);
    expect(steepest(burst, 10)).toBeCloseTo(0.5);
    const short = curve([0, 0], [12, 0], [16, 4], [40, 4]);
    expect(steepest(short, 10)).toBeCloseTo(0.4);
  });

  it('takes all of a counter shorter than that', () => {
    expect(steepest(curve([0, 0], [4, 2]), 10)).toBeCloseTo(0.5);
    expect(steepest(curve([0, 5]), 10)).toBe(0);
  });

  it('is the largest rise over ten whole seconds where points are a second apart', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 13, maxLength: 60 }), (rises) => {
        let total = 0;
        const counter = [
          { sec: 0, value: 0 },
          ...rises.map((rise, index) => ({ sec: index + 1, value: (total += rise) })),
        ];
        const found = steepest(counter, 10);
        const byHand = rises.slice(9).map((_, i) => rises.slice(i, i + 10).reduce((a, b) => a + b, 0) / 10);
        expect(found).toBeCloseTo(Math.max(...byHand), 9);
      }),
    );
  });
});

describe('reaches', () => {
  const rise = curve([0, 0], [1, 95], [1.5, 90], [2, 96], [2.5, 97], [3, 98], [4, 100]);

  it('wants the level to last', () => {
    expect(reaches(rise, 95, 0, 1)).toBe(2);
    expect(reaches(rise, 90, 0, 1)).toBe(1);
  });

  it('does not look before its start', () => {
    expect(reaches(rise, 90, 2.2, 1)).toBe(2.5);
  });

  it('is null where it does not last to the end, or never comes', () => {
    expect(reaches(rise, 100, 0, 1)).toBeNull();
    expect(reaches(rise, 101, 0, 1)).toBeNull();
    expect(reaches([], 1, 0, 1)).toBeNull();
  });
});
