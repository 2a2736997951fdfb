import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changes, command, keyOf, lifeMs, scatter } from '../../../../../bench/bakeoff/workloads/laws.js';
import type { Cycle, Ramp } from '../../../../../bench/bakeoff/workloads/plan.js';

const ramp: Ramp = { kind: 'ramp', from: 3, count: 7, startMs: 1000, ms: 211, content: 5 };
const cycle: Cycle = {
  kind: 'cycle',
  startMs: -Infinity,
  periodMs: 1009,
  sharedMs: [101, 307],
  library: 2,
  libraryPages: 13,
  choice: 4,
};

describe('a law as a guest is told it', () => {
  it('names area, pages, times and content', () => {
    expect(command(ramp, 2, 11)).toBe('ramp 2 3 7 1000 211 5');
    expect(command({ kind: 'ramp', content: 'own' }, 0, 11)).toBe('ramp 0 0 11 -1000000000 0 own');
    expect(command(cycle, 1, 11)).toBe('cycle 1 0 11 -1000000000 1009 101 307 4 2 13');
  });
});

describe('a ramp', () => {
  it('has given as many pages their content as the share of its time that is over, rounded down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1300 }), (toMs) => {
        const given = Array.from({ length: 11 }, (_, page) => changes(ramp, page, 11, 0, toMs)).flat();
        expect(given).toHaveLength(Math.min(7, Math.max(0, Math.floor(((toMs - 1000) * 7) / 211))));
        expect(given.map(({ key }) => key)).toEqual(given.map((_, index) => keyOf(5, index)));
        expect(given.every(({ atMs }) => atMs > 1000 && atMs <= toMs)).toBe(true);
      }),
    );
  });

  it('without a time of its own is there from the start', () => {
    expect(changes({ kind: 'ramp', content: 'own' }, 4, 11, 0, 1)).toEqual([{ atMs: -Infinity, key: undefined }]);
  });

  it('tells zeros from every page of a library', () => {
    const [zero] = changes({ kind: 'ramp', content: 'zero' }, 4, 11, 0, 1);
    expect(zero?.key).toBeLessThan(keyOf(0, 0));
  });
});

describe('a cycle', () => {
  const arbitraryCycle = fc.record({ page: fc.nat(10), fromMs: fc.integer({ min: -5000, max: 5000 }) });

  it('gives a page content twice a turn, and keeps the first of it for as long as it says', () => {
    fc.assert(
      fc.property(arbitraryCycle, ({ page, fromMs }) => {
        const seen = changes(cycle, page, 11, fromMs, fromMs + 5000);
        expect(seen[0]?.atMs).toBeLessThanOrEqual(fromMs);
        seen.forEach(({ atMs, key }, index) => {
          const wait = (seen[index + 1]?.atMs ?? NaN) - atMs;
          const expected = key === undefined ? cycle.periodMs - lifeMs(cycle, page) : lifeMs(cycle, page);
          if (index + 1 < seen.length) expect(wait).toBe(expected);
        });
      }),
    );
  });

  it('gives guests of one choice the same pages, others not', () => {
    const keys = (choice: number): (number | undefined)[] =>
      changes({ ...cycle, choice, libraryPages: 10_007 }, 3, 11, 0, 20_000).map(({ key }) => key);
    expect(keys(4)).toEqual(keys(4));
    expect(keys(5)).not.toEqual(keys(4));
  });

  it('does nothing before its start, and is at its start what it would have been without one', () => {
    fc.assert(
      fc.property(arbitraryCycle, ({ page, fromMs: startMs }) => {
        const late = changes({ ...cycle, startMs }, page, 11, -20_000, startMs + 3000);
        const always = changes(cycle, page, 11, startMs, startMs + 3000);
        expect(late.every(({ atMs }) => atMs >= startMs)).toBe(true);
        expect(late.map(({ key }) => key)).toEqual(always.map(({ key }) => key));
      }),
    );
  });

  it('without a shared part never has content that another page has', () => {
    expect(changes({ ...cycle, sharedMs: [0, 0] }, 3, 11, 0, 9000).every(({ key }) => key === undefined)).toBe(true);
  });

  it('spreads lives over the whole range', () => {
    const lives = Array.from({ length: 1000 }, (_, page) => lifeMs(cycle, page));
    expect([Math.min(...lives), Math.max(...lives)]).toEqual([101, 307]);
    expect(lives.reduce((sum, life) => sum + life, 0) / 1000).toBeCloseTo((101 + 307) / 2, -1);
  });
});

describe('scatter', () => {
  it('is an unsigned 32 bit number for all turns, those before the window included', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.integer({ min: -1000, max: 1000 }), (choice, page, turn) => {
        const value = scatter(choice, page, turn);
        expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true);
      }),
    );
  });
});
