import { expect, test } from 'vitest';
import { flow, initialFlow, updateFlow, type FlowContext, type FlowState } from '../../../src/tuner/flow.js';

const SAVED = 100_000;
const context: FlowContext = { countArrivals: true, savedPages: SAVED, mergeablePages: 200_000, fullScanSec: 20 };

function ticks(count: number, savedDelta: number, breaks: number | null, from: FlowState = initialFlow, how = context) {
  let state = from;
  const interval = { seconds: 1, cpuSec: 0.01, scanned: 10_000, skipped: 0, fullScans: 0, breaks, savedDelta };
  for (let i = 0; i < count; i++) state = updateFlow(state, interval, how);
  return state;
}

test('arrivals are growth of the saving plus what broke', () => {
  const f = flow(ticks(600, 40, 10), SAVED, true);
  expect(f.arrivals).toBeGreaterThan(35);
  expect(f.arrivals).toBeLessThan(55);
  expect(f.countedAtFullScanSec).toBeCloseTo(20, 5);
});

test("the lifetime is Little's law", () => {
  const f = flow(ticks(600, 0, 200), SAVED, true);
  expect(f.lifetimeSec).toBeCloseTo(SAVED / 200, -1);
  expect(f.breakRate).toBeCloseTo(200, 5);
});

test('no breaks seen: a long life; breaks not counted by this kernel: a guess, and no rate', () => {
  expect(flow(ticks(600, 0, 0), SAVED, true).lifetimeSec).toBe(3600);
  expect(flow(ticks(600, 0, null), SAVED, false)).toMatchObject({ lifetimeSec: 600, breakRate: null });
});

test('nothing arrives: the belief falls far below the prior', () => {
  const f = flow(ticks(2000, 0, 0), SAVED, true);
  expect(f.arrivals).toBeLessThan(flow(initialFlow, SAVED, true).arrivals / 3);
});

test('what a burst discovers is no arrival', () => {
  const state = ticks(60, 5000, 0, initialFlow, { ...context, countArrivals: false });
  expect(state.merges).toBe(0);
  expect(flow(state, SAVED, true).arrivals).toBe(flow(initialFlow, SAVED, true).arrivals);
});

test('a guest that ends does not hide arrivals', () => {
  const before = ticks(100, 40, 0);
  const after = ticks(1, -50_000, 0, before);
  expect(flow(after, SAVED / 2, true).arrivals).toBeGreaterThan(20);
});
