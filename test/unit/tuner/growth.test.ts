import { expect, test } from 'vitest';
import {
  closeGrowth,
  initialGrowth,
  updateGrowth,
  yieldPlusMinus,
  type GrowthInput,
  type GrowthState,
} from '../../../src/tuner/growth.js';

const quiet: GrowthInput = {
  nowMs: 0,
  seconds: 1,
  level: 100_000,
  knownPages: 100_000,
  offeredKnown: true,
  entered: 3,
  walked: 0,
  mergeablePages: 100_000,
  fullScanCpuSec: 0.3,
  worth: 4096 / 2 ** 30 / 8,
};

/** Feeds levels a second apart. */
function feed(levels: readonly number[], state: GrowthState = initialGrowth, change: Partial<GrowthInput> = {}) {
  let growth = updateGrowth(state, { ...quiet, ...change, level: levels[0] ?? 0 });
  for (const [second, level] of levels.entries()) {
    if (second > 0) growth = updateGrowth(growth.state, { ...quiet, ...change, level, nowMs: second * 1000 });
  }
  return growth;
}

test('at the first look, what ksmd has not visited is new', () => {
  expect(feed([100_000]).grown).toBe(0);
  expect(feed([100_000], initialGrowth, { knownPages: 30_000 }).grown).toBe(70_000);
});

test('growth is worth a burst from where two full scans pay for themselves', () => {
  const { worthwhile } = feed([100_000]);
  // 2 x 0.3 CPU s over half the pages, each kept 600 s.
  expect(worthwhile).toBeCloseTo(0.6 / (0.5 * quiet.worth * 600), 0);
  expect(feed([100_000], initialGrowth, { worth: quiet.worth * 4 }).worthwhile).toBeCloseTo(worthwhile / 4, 0);
  expect(feed([100_000], initialGrowth, { worth: 0 }).worthwhile).toBe(Infinity);
});

test('grows, then settles after one quiet second', () => {
  expect(feed([100_000, 110_000]).growing).toBeGreaterThan(2000);
  expect(feed([100_000, 110_000, 110_000]).growing).toBe(0);
});

test('noise of the heap is no step', () => {
  const growth = feed([100_000, 100_100, 100_050, 100_150]);
  expect(growth.stepped).toBe(false);
  expect(growth.growing).toBe(0);
});

test('pages walked twice are no longer new, and what went must grow again', () => {
  const grown = feed([100_000, 120_000]);
  expect(grown.grown).toBe(20_000);
  const walked = updateGrowth(grown.state, { ...quiet, level: 120_000, walked: 400_000, nowMs: 3000 });
  expect(walked.grown).toBeLessThan(3000);
  expect(feed([100_000, 50_000, 60_000]).grown).toBe(10_000);
});

test('a process that enters counts only where its memory cannot be seen', () => {
  const { state } = feed([100_000]);
  expect(updateGrowth(state, { ...quiet, entered: 4 }).blindEntry).toBe(false);
  expect(updateGrowth(state, { ...quiet, entered: 4, offeredKnown: false }).blindEntry).toBe(true);
  expect(updateGrowth(state, { ...quiet, entered: null, offeredKnown: false }).blindEntry).toBe(false);
});

test('bursts teach how much of new memory merges: nothing merged makes the next burst dearer', () => {
  const { state } = feed([100_000, 120_000]);
  const taught = closeGrowth(state, 120_000, 20_000, 0);
  expect(taught.yield).toBeLessThan(0.3);
  expect(updateGrowth(taught, { ...quiet, level: 120_000 }).worthwhile).toBeGreaterThan(
    1.8 * updateGrowth(state, { ...quiet, level: 120_000 }).worthwhile,
  );
  expect(closeGrowth(state, 120_000, 0, 0).yield).toBe(state.yield);
});

test('the yield is in doubt until bursts agree', () => {
  const level = 120_000;
  expect(yieldPlusMinus(initialGrowth)).toBeGreaterThan(0.25);
  let state = initialGrowth;
  const doubts = [];
  for (let burst = 0; burst < 6; burst++) {
    state = closeGrowth(state, level, 20_000, 16_000);
    doubts.push(yieldPlusMinus(state));
  }
  expect(state.yieldBursts).toBe(6);
  expect(doubts.at(-1)).toBeLessThan(0.08);
  expect(yieldPlusMinus(closeGrowth(state, level, 20_000, 1000))).toBeGreaterThan(0.3);
});

test('the rate of growth says how steady it is', () => {
  const steady = feed([100_000, 101_000, 102_000, 103_000, 104_000, 105_000, 106_000, 107_000, 108_000, 109_000]);
  const jumps = feed([100_000, 100_000, 100_000, 103_000, 103_000, 103_000, 106_000, 106_000, 106_000, 109_000]);
  expect(steady.state.rateVariance).toBeLessThan(jumps.state.rateVariance / 4);
});
