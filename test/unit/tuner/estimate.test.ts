import { expect, test } from 'vitest';
import { initialCap } from '../../../src/tuner/cap.js';
import { initialCost, updateCost } from '../../../src/tuner/cost.js';
import { estimate, listEstimates } from '../../../src/tuner/estimate.js';
import { initialFlow } from '../../../src/tuner/flow.js';
import { initialGrowth } from '../../../src/tuner/growth.js';
import { takeReading } from '../../../src/tuner/reading.js';
import { closeRound, initialRounds, passTime } from '../../../src/tuner/rounds.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import type { Observation } from '../../../src/tuner/types.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

function interval(scanned: number, skipped: number, cpuSec: number) {
  return { seconds: 1, cpuSec, scanned, skipped, fullScans: 0, breaks: 0, savedDelta: 0 };
}

const measured = updateCost(initialCost, interval(100_000, 0, 0.4), 0);

function at(change: Partial<Observation>, growing = false, cost = measured, rounds = initialRounds) {
  const observation = { ...new KsmSim().observe(), pages_unshared: 90_000, pages_sharing: 10_000, ...change };
  const reading = takeReading(observation);
  if (reading === null) throw new Error('unreadable');
  const settings = DEFAULT_TUNER_SETTINGS;
  return estimate({ observation, reading, settings, cost, flow: initialFlow, cap: initialCap, rounds, growing });
}

test('mergeable pages: what ksmd knows; what is offered while new memory is being walked', () => {
  const mergeableBytes = 150_000 * 4096;
  expect(at({ mergeableBytes }).mergeablePages).toBe(100_000);
  expect(at({ mergeableBytes }, true).mergeablePages).toBe(150_000);
  expect(at({ mergeableBytes }).unvisitedPages).toBe(50_000);
  expect(at({ mergeableBytes: null }).unvisitedPages).toBeNull();
});

test('new guests are visible where the host says what is offered, unless it says that it cannot see them', () => {
  expect(at({})).toMatchObject({ offeredKnown: true, offersVisible: true });
  expect(at({ offersVisible: true }).offersVisible).toBe(true);
  expect(at({ offersVisible: false })).toMatchObject({ offeredKnown: true, offersVisible: false });
  expect(at({ mergeableBytes: null, offersVisible: true }).offersVisible).toBe(false);
});

test('a full scan costs its pages; its present time follows from the knobs', () => {
  const knobs = { run: 1, pages_to_scan: 1000, sleep_millisecs: 18 };
  const e = at({ knobs });
  expect(e.fullScanCpuSec).toBeCloseTo(0.4, 1);
  // 4 ms of work, 20 ms of sleep.
  expect(e.presentShare).toBeCloseTo(1 / 6, 2);
  expect(e.presentFullScanSec).toBeCloseTo(2.4, 1);
  expect(at({ knobs: { ...knobs, run: 0 } })).toMatchObject({ presentShare: 0, presentFullScanSec: null });
});

test('a batch ends with the full scan: a small host does not look busy', () => {
  const knobs = { run: 1, pages_to_scan: 100_000, sleep_millisecs: 18 };
  const e = at({ knobs, pages_unshared: 900, pages_sharing: 100 });
  expect(e.presentShare).toBeCloseTo(0.004 / 0.024, 2);
});

test('pages that were not visited yet count as far as they are expected to be mergeable', () => {
  const cold = { pages_shared: 0, pages_sharing: 0, pages_unshared: 0, mergeableBytes: 100_000 * 4096 };
  expect(at(cold).mergeable.value).toBeCloseTo(90_000, 0);
  expect(at(cold).mergeable.plusMinus).toBeGreaterThan(20_000);
});

test('with smart_scan off every page is looked at: dearer where it skips, the same where it does not', () => {
  const plain = at({});
  expect(plain.fullScanCpuSecPlain).toBe(plain.fullScanCpuSec);
  const skipping = updateCost(initialCost, interval(11_000, 89_000, 0.03), 0);
  const e = at({}, false, skipping);
  // 90,000 unmerged pages at the prior's 4.5 us.
  expect(e.fullScanCpuSecPlain).toBeGreaterThan(10 * e.fullScanCpuSec);
  expect(e.fullScanCpuSecPlain).toBeLessThan(0.5);
  expect(e.fullScanCpuPlainPlusMinus).toBeGreaterThan(0.1);
});

test('arrivals are what rounds found; nothing is known of them before', () => {
  const quiet = { breakRate: 0, brokenLifetimeSec: null };
  const price = { cpuSec: 1, level: 100_000, worth: 4.8e-7 };
  let rounds = closeRound(initialRounds, price, 0, 86_400);
  for (let round = 0; round < 5; round++) rounds = closeRound(passTime(rounds, 100, quiet), price, 4000, 86_400);
  const { value, plusMinus } = at({}, false, measured, rounds).arrivals;
  expect(value).toBeGreaterThan(30);
  expect(value).toBeLessThan(41);
  expect(plusMinus).toBeLessThan(1);
  expect(at({}).arrivals.value).toBe(0);
});

test('the list for people: unknown is null, names are unique, every figure has a unit', () => {
  const list = listEstimates(at({ mergeableBytes: null, cow_ksm: null, pages_skipped: null }), 0, initialGrowth);
  expect(new Set(list.map((e) => e.name)).size).toBe(list.length);
  expect(list.every((e) => e.unit !== '')).toBe(true);
  const named = (name: string) => list.find((e) => e.name === name);
  for (const absent of ['break_rate', 'break_hazard', 'unnoticed_breaks', 'offered_pages', 'cpu_per_skipped_page']) {
    expect(named(absent)).toMatchObject({ value: null, plusMinus: null });
  }
  expect(named('cpu_per_walked_page')?.value).toBeCloseTo(4, 0);
});

test('every figure has its doubt', () => {
  const list = listEstimates(at({ cow_ksm: 5 }), 100, initialGrowth);
  expect(list.filter((e) => e.value !== null && e.plusMinus === null)).toEqual([]);
});
