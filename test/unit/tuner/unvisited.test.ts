import { expect, test } from 'vitest';
import type { Gauges } from '../../../src/tuner/reading.js';
import {
  initialUnvisited,
  unvisitedMergeable,
  updateUnvisited,
  type UnvisitedState,
} from '../../../src/tuner/unvisited.js';

function gauges(known: number, offered: number | null, settled = true): Gauges {
  return { known, merged: 0, shared: 0, zero: 0, offered, settled };
}

function tick(state: UnvisitedState, from: Gauges, to: Gauges, scans: number): UnvisitedState {
  const none = { seconds: 1, cpuSec: null, scanned: 0, skipped: 0, fullScans: 0, breaks: 0, savedDelta: 0 };
  return updateUnvisited(state, { ...none, from, to }, scans);
}

/** 100,000 mergeable pages and 20,000 of another kind, walked through. */
const seen = gauges(100_000, 120_000);
const walkedThrough = tick(tick(initialUnvisited, seen, seen, 0.6), seen, seen, 0.6);

test('nothing visited yet: what is offered, most of it expected, in doubt', () => {
  const first = unvisitedMergeable(initialUnvisited, gauges(0, 50_000, false));
  expect(first?.value).toBeCloseTo(45_000, 0);
  expect(first?.plusMinus).toBeGreaterThan(10_000);
});

test('what a whole full scan did not make known is not mergeable', () => {
  expect(unvisitedMergeable(walkedThrough, seen)).toEqual({ value: 0, plusMinus: 0 });
});

test('what comes then is expected to be mergeable at the part that was', () => {
  const grown = gauges(100_000, 132_000);
  const after = unvisitedMergeable(tick(walkedThrough, seen, grown, 0.01), grown);
  expect((after?.value ?? 0) / 12_000).toBeCloseTo(100 / 120, 1);
  expect((after?.plusMinus ?? 0) / 12_000).toBeCloseTo(Math.sqrt((100 / 120) * (20 / 120)), 1);
});

test('visited, it is known; what stays unknown a full scan later is not mergeable either', () => {
  const grown = gauges(100_000, 132_000);
  const visited = gauges(108_000, 132_000);
  const midway = tick(tick(walkedThrough, seen, grown, 0), grown, visited, 0.5);
  expect(unvisitedMergeable(midway, visited)?.value).toBeLessThan(4000);
  expect(unvisitedMergeable(tick(midway, visited, visited, 0.6), visited)?.value).toBe(0);
});

test('memory that ended leaves nothing behind; a host that cannot say is not guessed for', () => {
  const less = gauges(100_000, 90_000);
  expect(unvisitedMergeable(tick(walkedThrough, seen, less, 0), less)?.value).toBe(0);
  expect(unvisitedMergeable(initialUnvisited, gauges(5, null))).toBeNull();
});
