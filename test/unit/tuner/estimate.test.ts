import { expect, test } from 'vitest';
import { initialCap } from '../../../src/tuner/cap.js';
import { initialCost, updateCost } from '../../../src/tuner/cost.js';
import { estimate, listEstimates } from '../../../src/tuner/estimate.js';
import { initialFlow } from '../../../src/tuner/flow.js';
import { takeReading } from '../../../src/tuner/reading.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import type { Observation } from '../../../src/tuner/types.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

const measured = updateCost(
  initialCost,
  { seconds: 1, cpuSec: 0.4, scanned: 100_000, skipped: 0, fullScans: 0, breaks: 0, savedDelta: 0 },
  0,
);

function at(change: Partial<Observation>, growing = false) {
  const observation = { ...new KsmSim().observe(), pages_unshared: 90_000, pages_sharing: 10_000, ...change };
  const reading = takeReading(observation);
  if (reading === null) throw new Error('unreadable');
  const settings = DEFAULT_TUNER_SETTINGS;
  return estimate({ observation, reading, settings, cost: measured, flow: initialFlow, cap: initialCap, growing });
}

test('mergeable pages: what ksmd knows; what is offered while new memory is being walked', () => {
  const mergeableBytes = 150_000 * 4096;
  expect(at({ mergeableBytes }).mergeablePages).toBe(100_000);
  expect(at({ mergeableBytes }, true).mergeablePages).toBe(150_000);
  expect(at({ mergeableBytes }).unvisitedPages).toBe(50_000);
  expect(at({ mergeableBytes: null }).unvisitedPages).toBeNull();
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

test('the list for people: unknown is null, names are unique, every figure has a unit', () => {
  const list = listEstimates(at({ mergeableBytes: null, cow_ksm: null }), 0, 0.5);
  expect(new Set(list.map((e) => e.name)).size).toBe(list.length);
  expect(list.every((e) => e.unit !== '')).toBe(true);
  const named = (name: string) => list.find((e) => e.name === name);
  expect(named('break_rate')?.value).toBeNull();
  expect(named('cpu_per_skipped_page')?.value).toBeNull();
  expect(named('cpu_per_walked_page')?.value).toBeCloseTo(4, 0);
});
