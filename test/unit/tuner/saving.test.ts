import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Gauges, Interval } from '../../../src/tuner/reading.js';
import {
  initialSaving,
  savingBeforeExits,
  trueSaving,
  unnoticedBreaks,
  updateSaving,
  type SavingState,
} from '../../../src/tuner/saving.js';

/** 3 copies each of 10,000 contents: 20,000 saved. */
const gauges: Gauges = { known: 50_000, merged: 30_000, shared: 10_000, zero: 0, offered: 60_000, settled: true };

interface Happening {
  readonly breaks?: number;
  readonly savedDelta?: number;
  readonly scans?: number;
  readonly to?: Gauges;
}

function after(state: SavingState, { breaks = 0, savedDelta = 0, scans = 0, to = gauges }: Happening) {
  const none = { seconds: 1, cpuSec: null, scanned: 0, skipped: 0, fullScans: 0 };
  const interval: Interval = { ...none, breaks, savedDelta, from: gauges, to };
  return updateSaving(state, interval, to.merged - to.shared, scans);
}

function less(merged: number): Gauges {
  return { ...gauges, merged: gauges.merged - merged };
}

test('a break costs its page at once, not when ksmd comes by', () => {
  const { state, merges } = after(initialSaving, { breaks: 3000 });
  expect(merges).toBe(0);
  expect(unnoticedBreaks(state)).toEqual({ value: 3000, plusMinus: 0 });
  const saving = trueSaving(state, gauges);
  // By chance 10 of the 10,000 contents lose all three copies; of those one page less is lost.
  expect(saving.value).toBeCloseTo(17_010, 0);
  expect(saving.plusMinus).toBeLessThan(0.03 * saving.value);
});

test('while ksmd does not walk, nothing is noticed and nothing arrives', () => {
  let { state } = after(initialSaving, { breaks: 3000 });
  for (let i = 0; i < 1000; i++) {
    const step = after(state, {});
    expect(step.merges).toBe(0);
    state = step.state;
  }
  expect(unnoticedBreaks(state).value).toBe(3000);
});

test('a full scan notices all: the gauges and the books then say the same', () => {
  const broken = after(initialSaving, { breaks: 3000 }).state;
  const { state, merges } = after(broken, { scans: 1, savedDelta: -3000, to: less(3000) });
  expect(merges).toBe(0);
  expect(trueSaving(state, less(3000))).toEqual({ value: 17_000, plusMinus: 0 });
});

test('pages that merge again in the same walk are merges', () => {
  const broken = after(initialSaving, { breaks: 3000 }).state;
  expect(after(broken, { scans: 1, savedDelta: -1000, to: less(1000) }).merges).toBe(2000);
});

test('breaks that lie together are noticed early or late: in sum that is no arrival and no exit', () => {
  for (const at of [0, 3, 9]) {
    let { state } = after(initialSaving, { breaks: 3000 });
    let sum = 0;
    for (let tenth = 0; tenth < 10; tenth++) {
      const done = tenth >= at ? less(3000) : gauges;
      const step = after(state, { scans: 0.1, savedDelta: tenth === at ? -3000 : 0, to: done });
      state = step.state;
      sum += step.merges;
    }
    expect(sum).toBeCloseTo(0, 6);
    expect(unnoticedBreaks(state).value).toBeCloseTo(0, 6);
  }
});

test('a guest that ends takes its part of the saving at once, although ksmd has not come by', () => {
  const half = { ...gauges, offered: 30_000 };
  const { state, merges } = after(initialSaving, { to: half });
  expect(merges).toBe(0);
  const saving = trueSaving(state, half);
  expect(saving.value).toBeCloseTo(10_000, 0);
  expect(saving.plusMinus).toBeGreaterThan(3000);
  const noticed = after(state, { scans: 0.3, savedDelta: -10_000, to: { ...less(10_000), offered: 60_000 } });
  expect(noticed.merges).toBeCloseTo(0, 6);
  expect(trueSaving(noticed.state, less(10_000)).value).toBeCloseTo(10_000, 0);
});

test('nobody is credited with what an ended guest was wrongly supposed to have had saved', () => {
  const half = { ...gauges, offered: 30_000 };
  const { state } = after(initialSaving, { to: half });
  expect(trueSaving(state, half).value).toBeCloseTo(10_000, 0);
  expect(savingBeforeExits(state, half).value).toBe(20_000);
  // It had nothing: ksmd comes by, and the gauges stay.
  const { state: later, merges, ended } = after(state, { scans: 2 });
  expect({ merges, ended }).toEqual({ merges: 0, ended: 0 });
  expect(trueSaving(later, half).value).toBe(20_000);
  expect(savingBeforeExits(later, half).value).toBe(20_000);
});

test('what the gauges lose with an ended guest is told apart, foretold or not', () => {
  const half = { ...gauges, offered: 30_000 };
  const foretold = after(initialSaving, { to: half }).state;
  for (const state of [foretold, initialSaving]) {
    const { ended, state: later } = after(state, { scans: 0.3, savedDelta: -10_000, to: less(10_000) });
    expect(ended).toBeCloseTo(10_000, 6);
    expect(savingBeforeExits(later, less(10_000)).value + ended).toBeCloseTo(20_000, 6);
  }
});

test('a guest that takes its memory back breaks its pages, which are not booked twice', () => {
  const { state } = after(initialSaving, { breaks: 10_000, to: { ...gauges, offered: 30_000 } });
  expect(trueSaving(state, gauges).value).toBeGreaterThan(9900);
});

test('an end that nothing foretold is no break, and takes its unnoticed breaks along', () => {
  const broken = after(initialSaving, { breaks: 1000 }).state;
  // Half of all saving goes; 1000 of that may be the breaks.
  const { state, merges } = after(broken, { savedDelta: -10_000, to: less(10_000) });
  expect(merges).toBe(0);
  expect(unnoticedBreaks(state).value).toBe(0);
});

test('unmerging everything leaves nothing unnoticed', () => {
  const none: Gauges = { ...gauges, known: 0, merged: 0, shared: 0 };
  const { state } = after(initialSaving, { breaks: 30_000, savedDelta: -20_000, to: none });
  expect(trueSaving(state, none)).toMatchObject({ value: 0 });
});

test('zero pages are exact', () => {
  expect(trueSaving(initialSaving, { ...gauges, zero: 500 })).toEqual({ value: 20_500, plusMinus: 0 });
});

test('pairs: when every page of one side broke nothing is saved; by chance a quarter would be', () => {
  const pairs: Gauges = { ...gauges, merged: 20_000, shared: 10_000 };
  const { state } = after(initialSaving, { breaks: 10_000, to: pairs });
  const saving = trueSaving(state, pairs);
  expect(saving.value).toBeCloseTo(2500, 0);
  expect(saving.value - 2 * saving.plusMinus).toBeLessThan(0);
});

test('whatever happens: 0 <= true saving <= reported saving', () => {
  const tick = fc.record({
    breaks: fc.nat({ max: 5000 }),
    scans: fc.double({ min: 0, max: 2, noNaN: true }),
    savedDelta: fc.integer({ min: -3000, max: 3000 }),
    offered: fc.option(fc.nat({ max: 100_000 }), { nil: null }),
  });
  fc.assert(
    fc.property(fc.array(tick, { maxLength: 60 }), (ticks) => {
      let state = initialSaving;
      let saved = 20_000;
      for (const t of ticks) {
        const savedDelta = Math.max(-saved, t.savedDelta);
        saved += savedDelta;
        const to: Gauges = { ...gauges, merged: saved + 10_000, offered: t.offered };
        state = after(state, { ...t, savedDelta, to }).state;
        const { value, plusMinus } = trueSaving(state, to);
        if (!(value >= 0 && value <= saved + 1e-6 && Number.isFinite(plusMinus))) {
          throw new Error(`${value} +- ${plusMinus} of ${saved}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the books balance: merges are the change of the saving, and the breaks, less those not yet noticed', () => {
  const tick = fc.record({
    breaks: fc.nat({ max: 100 }),
    scans: fc.double({ min: 0, max: 2, noNaN: true }),
    savedDelta: fc.integer({ min: -64, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(tick, { maxLength: 60 }), (ticks) => {
      let state = initialSaving;
      let merges = 0;
      let books = 0;
      for (const t of ticks) {
        const step = after(state, t);
        state = step.state;
        merges += step.merges;
        books += t.savedDelta + t.breaks;
      }
      const unnoticed = unnoticedBreaks(state).value;
      if (Math.abs(merges - (books - unnoticed)) > 1e-6) throw new Error(`${merges} of ${books} less ${unnoticed}`);
    }),
    { numRuns: 300 },
  );
});
