import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestInterval, stillThere, type TrackInput } from '../../../src/tuner/track.js';

const host: TrackInput = {
  roundCpuSec: 1.2,
  // 4 KiB at 8 GiB per core.
  worth: 4096 / 2 ** 30 / 8,
  arrivals: 50,
  lifetimeSec: 86_400,
  breakRate: null,
  brokenLifetimeSec: null,
  shortestSec: 2,
  longestSec: 6000,
};

/** A quarter of an octave, and a little for the rounding of the grid itself. */
const HALF_STEP = 0.126;

const every = (change: Partial<TrackInput> = {}): number | null => bestInterval({ ...host, ...change }).everySec;
const law = ({ roundCpuSec, worth, arrivals }: TrackInput): number => Math.sqrt((2 * roundCpuSec) / (worth * arrivals));

/** The formula at the top of track.ts, for one stream. */
function net(
  everySec: number,
  { arrivals, lifetimeSec, worth, roundCpuSec }: TrackInput,
  mergeAndBreakSec = 6e-6,
): number {
  const caught = (lifetimeSec / everySec) * (1 - Math.exp(-everySec / lifetimeSec));
  return arrivals * caught * (worth * lifetimeSec - mergeAndBreakSec) - roundCpuSec / everySec;
}

describe('long lifetimes: W* = sqrt(2 C / (v lambda))', () => {
  test.each([{}, { arrivals: 5 }, { arrivals: 800 }, { roundCpuSec: 20 }, { worth: host.worth * 4 }])(
    'to half a grid step with %o',
    (change) => {
      const input = { ...host, ...change };
      const best = every(change) ?? NaN;
      expect(law(input)).toBeLessThan(input.lifetimeSec / 30);
      expect(Math.abs(Math.log2(best / law(input)))).toBeLessThan(HALF_STEP + 0.05);
    },
  );

  test('four times the arrivals, half the time', () => {
    expect(Math.log2((every() ?? NaN) / (every({ arrivals: 4 * host.arrivals }) ?? NaN))).toBeCloseTo(1, 5);
  });

  test('what it is said to bring is what the formula gives, and within 1 % of the best there is', () => {
    const { everySec, netCores } = bestInterval(host);
    expect(netCores).toBeCloseTo(net(everySec ?? NaN, host), 12);
    expect(netCores).toBeGreaterThan(0.99 * net(law(host), host));
  });
});

describe('short lifetimes', () => {
  test('content that is worth less than its merge and break: no round pays, however much arrives', () => {
    const lifetimeSec = 10;
    expect(lifetimeSec * host.worth).toBeLessThan(6e-6);
    expect(bestInterval({ ...host, lifetimeSec, arrivals: 1e6 })).toEqual({ everySec: null, netCores: 0 });
  });

  test('content worth more than that pays when there is enough of it, and quickly', () => {
    expect(every({ lifetimeSec: 60 })).toBeNull();
    expect(every({ lifetimeSec: 60, arrivals: 20_000 }) ?? NaN).toBeLessThan(20);
  });

  test('nothing arrives: none pays', () => {
    expect(every({ arrivals: 0 })).toBeNull();
  });
});

describe('two streams', () => {
  const mixed = { arrivals: 500, breakRate: 500, lifetimeSec: 3600 };

  test('probes tell that what arrives breaks at once: none pays, where the mean lifetime alone would scan', () => {
    expect(every(mixed)).not.toBeNull();
    expect(every({ ...mixed, brokenLifetimeSec: 2 })).toBeNull();
  });

  test('arrivals beyond the breaks keep the mean lifetime', () => {
    const input = { ...mixed, arrivals: 550, brokenLifetimeSec: 2 };
    const long = bestInterval({ ...host, arrivals: 50, lifetimeSec: 3600 });
    const both = bestInterval({ ...host, ...input });
    expect(both.everySec).not.toBeNull();
    // The short ones cost their merges and breaks, so that the same is earned with fewer rounds.
    expect(both.everySec ?? NaN).toBeGreaterThanOrEqual(long.everySec ?? NaN);
    expect(both.netCores).toBeLessThan(long.netCores);
  });

  test('a broken lifetime above the mean one is no better than it', () => {
    expect(bestInterval({ ...host, ...mixed, brokenLifetimeSec: 1e5 })).toEqual(bestInterval({ ...host, ...mixed }));
  });

  test.each([0, -1, NaN])('a broken lifetime of %d is none', (brokenLifetimeSec) => {
    expect(bestInterval({ ...host, ...mixed, brokenLifetimeSec })).toEqual(bestInterval({ ...host, ...mixed }));
  });
});

test('a higher price, or cheaper pages: rounds no rarer', () => {
  let previous = Infinity;
  for (const factor of [0.25, 1, 4, 16]) {
    const best = every({ worth: host.worth * factor }) ?? Infinity;
    expect(best).toBeLessThan(previous);
    previous = best;
  }
  expect(every({ roundCpuSec: 12 }) ?? NaN).toBeGreaterThan(every() ?? Infinity);
});

test('keeps to the shortest and the longest, and the longest gives way to the shortest', () => {
  expect(every({ arrivals: 1e9 })).toBe(2);
  expect(every({ arrivals: 2, longestSec: 300 })).toBe(300);
  expect(every({ arrivals: 1e9, shortestSec: 500, longestSec: 300 })).toBe(500);
});

test('of what arrives over a time, the part that lives at its end', () => {
  expect(stillThere(100, 1e9)).toBeCloseTo(100, 4);
  expect(stillThere(1e6, 50)).toBeCloseTo(50);
  expect(stillThere(0, 50)).toBe(0);
});

const amount = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: 1e-6, max: 1e6, noNaN: true }) },
  fc.constantFrom(0, 1e-300, 1e300),
);
const sane = fc.record({
  roundCpuSec: fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
  worth: fc.double({ min: 1e-9, max: 1e-3, noNaN: true }),
  arrivals: fc.double({ min: 0, max: 1e6, noNaN: true }),
  lifetimeSec: fc.double({ min: 1, max: 86_400, noNaN: true }),
  breakRate: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: null }),
  brokenLifetimeSec: fc.option(fc.double({ min: 0.1, max: 86_400, noNaN: true }), { nil: null }),
  shortestSec: fc.double({ min: 2, max: 7200, noNaN: true }),
  longestSec: fc.double({ min: 1, max: 86_400, noNaN: true }),
});

describe('whatever is put in', () => {
  test('extremes: a finite time and net, or none', () => {
    const wild = fc.record({
      roundCpuSec: amount,
      worth: amount,
      arrivals: amount,
      lifetimeSec: fc.double({ min: 1, max: 86_400, noNaN: true }),
      breakRate: fc.option(amount, { nil: null }),
      brokenLifetimeSec: fc.option(amount, { nil: null }),
      shortestSec: fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
      longestSec: amount,
    });
    fc.assert(
      fc.property(wild, (input) => {
        const { everySec, netCores } = bestInterval(input);
        expect(netCores).toBeGreaterThanOrEqual(0);
        expect(everySec === null).toBe(netCores === 0);
        if (everySec === null) return;
        expect(Number.isFinite(everySec) && everySec > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('within its bounds, and no other time brings noticeably more', () => {
    fc.assert(
      fc.property(sane, fc.double({ min: 0, max: 1, noNaN: true }), (input, at) => {
        const one = { ...input, breakRate: null };
        const { everySec, netCores } = bestInterval(one);
        const longest = Math.max(one.shortestSec, one.longestSec);
        if (everySec !== null) {
          expect(everySec).toBeGreaterThanOrEqual(one.shortestSec);
          expect(everySec).toBeLessThanOrEqual(longest);
        }
        const other = one.shortestSec * (longest / one.shortestSec) ** at;
        // Half a step off a flat top loses under 1 % of its two slopes: what rounds cost, and what is missed meanwhile.
        expect(net(other, one)).toBeLessThanOrEqual(netCores * (1 + 1e-9) + 0.02 * (one.roundCpuSec / other));
      }),
      { numRuns: 500 },
    );
  });

  test('more arrivals never bring less', () => {
    fc.assert(
      fc.property(sane, (input) => {
        const more = bestInterval({ ...input, breakRate: null, arrivals: 2 * input.arrivals });
        expect(more.netCores).toBeGreaterThanOrEqual(bestInterval({ ...input, breakRate: null }).netCores);
      }),
      { numRuns: 300 },
    );
  });
});
