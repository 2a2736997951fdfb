import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costOfPages, initialSplit, split, updateSplit, type SplitState } from '../../../src/tuner/cost-split.js';
import type { Gauges, Interval } from '../../../src/tuner/reading.js';

/** CPU seconds a page. */
interface Truth {
  readonly merged: number;
  readonly unmerged: number;
  readonly skipped: number;
}

const MERGED = 30_000;
const UNMERGED = 20_000;
const gauges: Gauges = { known: 50_000, merged: MERGED, shared: 10_000, zero: 0, offered: null, settled: true };

function interval(scanned: number, skipped: number, from = gauges): Interval {
  return { seconds: 1, cpuSec: null, scanned, skipped, fullScans: 0, breaks: 0, savedDelta: 0, from, to: gauges };
}

/** Full scans of a host whose unmerged pages are of one age: looked at in every ninth, skipped in the others. */
function age(state: SplitState, scans: number, truth: Truth, noise: (scan: number) => number = () => 1): SplitState {
  let next = state;
  for (let scan = 0; scan < scans; scan++) {
    const looks = scan % 9 === 0 ? UNMERGED : 0;
    const skipped = UNMERGED - looks;
    const cpu = MERGED * truth.merged + looks * truth.unmerged + skipped * truth.skipped;
    next = updateSplit(next, interval(MERGED + looks, skipped), cpu * noise(scan));
  }
  return next;
}

test('before any measurement there is a figure, and it is wide', () => {
  const { perMerged, perUnmerged, perScanned, perSkipped } = split(initialSplit);
  expect(perUnmerged.value).toBeCloseTo(4.5e-6, 9);
  expect(perSkipped.value).toBeCloseTo(0.25e-6, 9);
  for (const figure of [perMerged, perUnmerged, perSkipped]) {
    expect(figure.plusMinus).toBeGreaterThanOrEqual(0.9 * figure.value);
  }
  expect(perScanned.value).toBeCloseTo((perMerged.value + perUnmerged.value) / 2, 9);
});

test('a host ten times as dear is found, from the scans in which the pages differ', () => {
  const truth = { merged: 3e-6, unmerged: 40e-6, skipped: 2e-6 };
  const state = age(initialSplit, 90, truth);
  const { perMerged, perUnmerged, perScanned } = split(state);
  expect(perUnmerged.value / truth.unmerged).toBeGreaterThan(0.85);
  expect(perUnmerged.value / truth.unmerged).toBeLessThan(1.15);
  expect(perMerged.value).toBeGreaterThan(1e-6);
  // The mean of scanned pages lies far below a look: a full scan without skips must not be priced with it.
  expect(perScanned.value).toBeLessThan(perUnmerged.value / 4);
  const plain = costOfPages(state, MERGED, UNMERGED, 0).value;
  expect(plain / (MERGED * truth.merged + UNMERGED * truth.unmerged)).toBeCloseTo(1, 0);
});

test('the doubt shrinks with data, and covers the truth', () => {
  const truth = { merged: 0.24e-6, unmerged: 4.6e-6, skipped: 0.24e-6 };
  const early = split(age(initialSplit, 3, truth)).perUnmerged;
  const late = split(age(initialSplit, 60, truth)).perUnmerged;
  expect(late.plusMinus).toBeLessThan(early.plusMinus / 2);
  expect(Math.abs(late.value - truth.unmerged)).toBeLessThan(2 * late.plusMinus);
});

test('what the data cannot tell apart stays in doubt', () => {
  let state = initialSplit;
  for (let i = 0; i < 200; i++) state = updateSplit(state, interval(40_000, 10_000), 50_000 * 1e-6);
  const { perSkipped, perUnmerged } = split(state);
  expect(perSkipped.plusMinus).toBeGreaterThan(0.1e-6);
  expect(perUnmerged.plusMinus).toBeGreaterThan(0.3e-6);
  expect(costOfPages(state, 30_000, 10_000, 10_000).plusMinus).toBeLessThan(0.15 * 0.05);
});

test('a full scan is one measurement, however many ticks it takes', () => {
  let state = initialSplit;
  for (let i = 0; i < 49; i++) state = updateSplit(state, interval(1000, 0), 0.004);
  expect(state.scans).toBe(0);
  expect(split(state)).toEqual(split(initialSplit));
  expect(updateSplit(state, interval(1000, 0), 0.004).scans).toBe(1);
});

test('first visits, a checksum only, say little of what a look at an aged page costs', () => {
  const cheap = 0.9e-6 * 50_000;
  const first = updateSplit(initialSplit, interval(50_000, 0, { ...gauges, known: 0 }), cheap);
  const aged = updateSplit(initialSplit, interval(50_000, 0), cheap);
  expect(split(first).perUnmerged.plusMinus).toBeGreaterThan(1.5 * split(aged).perUnmerged.plusMinus);
});

test('one busy scan in ten moves little', () => {
  const truth = { merged: 0.24e-6, unmerged: 4.6e-6, skipped: 0.24e-6 };
  const state = age(initialSplit, 90, truth, (scan) => (scan % 10 === 7 ? 6 : 1));
  const { perUnmerged, perSkipped } = split(state);
  expect(perUnmerged.value).toBeGreaterThan(0.7 * truth.unmerged);
  expect(perUnmerged.value).toBeLessThan(1.5 * truth.unmerged);
  expect(perSkipped.value).toBeLessThan(1e-6);
});

test('whatever is measured: positive, finite, never surer than possible', () => {
  const tick = fc.record({
    scanned: fc.nat({ max: 1e9 }),
    skipped: fc.nat({ max: 1e9 }),
    cpuSec: fc.double({ min: 1e-9, max: 240, noNaN: true }),
    known: fc.nat({ max: 1e9 }),
    merged: fc.nat({ max: 1e9 }),
    savedDelta: fc.integer({ min: -1e9, max: 1e9 }),
  });
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 40 }), (ticks) => {
      let state = initialSplit;
      for (const t of ticks) {
        const to = { ...gauges, known: t.known, merged: t.merged };
        state = updateSplit(state, { ...interval(t.scanned, t.skipped), savedDelta: t.savedDelta, to }, t.cpuSec);
        for (const { value, plusMinus } of Object.values(split(state)) as { value: number; plusMinus: number }[]) {
          if (!(value > 0 && value <= 1e-3 && plusMinus >= 0 && Number.isFinite(plusMinus))) {
            throw new Error(`${value} +- ${plusMinus}`);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
