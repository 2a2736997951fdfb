import { expect, test } from 'vitest';
import { initialRest, updateRest, type RestInput } from '../../../src/tuner/rest.js';

const still: RestInput = { bursting: false, walkedScans: 0, knownPages: 100_000, level: 100_000 };
const resting = updateRest(initialRest, still);

test('begins when a burst has ended, with no full scan to walk', () => {
  expect(initialRest.excess).toBeNull();
  expect(resting).toEqual({ excess: 0, toWalk: 0 });
});

test('a burst ends it, also in the midst of tidying', () => {
  expect(updateRest(resting, { ...still, bursting: true })).toEqual(initialRest);
  expect(updateRest({ excess: 0, toWalk: 0.5 }, { ...still, bursting: true })).toEqual(initialRest);
});

test('goes on while nothing happens, and through what the heaps of guests come and go by', () => {
  expect(updateRest(resting, still)).toEqual(resting);
  expect(updateRest(resting, { ...still, level: 90_000 })).toEqual(resting);
});

test('an eighth of the offered pages kept in vain is worth one full scan; less than 4,096 pages is not', () => {
  const after = (knownPages: number, level: number): number =>
    updateRest(resting, { ...still, knownPages, level }).toWalk;
  expect(after(100_000, 88_000)).toBe(1);
  expect(after(100_000, 90_000)).toBe(0);
  expect(after(8000, 4000)).toBe(0);
  expect(after(8200, 4000)).toBe(1);
});

test('the walk ends with the full scan, and what it could not clear is no reason for another', () => {
  const left = { ...still, level: 60_000 };
  let state = updateRest(resting, left);
  expect(state).toEqual({ excess: 0, toWalk: 1 });
  state = updateRest(state, { ...left, walkedScans: 0.4 });
  expect(state.toWalk).toBeCloseTo(0.6);
  state = updateRest(state, { ...left, walkedScans: 0.7 });
  expect(state).toEqual({ excess: 40_000, toWalk: 0 });
  expect(updateRest(state, left).toWalk).toBe(0);
});

test('the walk ends as soon as the books are clear', () => {
  const tidying = updateRest(resting, { ...still, level: 60_000 });
  const cleared = updateRest(tidying, { ...still, knownPages: 60_000, level: 60_000, walkedScans: 0.1 });
  expect(cleared).toEqual({ excess: 0, toWalk: 0 });
});

test('what was in excess when the rest began is not counted, and what is cleared later lowers the mark', () => {
  const began = updateRest(initialRest, { ...still, knownPages: 150_000 });
  expect(began.excess).toBe(50_000);
  expect(updateRest(began, { ...still, knownPages: 150_000 }).toWalk).toBe(0);
  const lower = updateRest(began, { ...still, knownPages: 110_000 });
  expect(lower.excess).toBe(10_000);
  expect(updateRest(lower, { ...still, knownPages: 150_000 }).toWalk).toBe(1);
});

test('a counter that goes backwards does not lengthen the walk', () => {
  const tidying = { excess: 0, toWalk: 0.5 };
  expect(updateRest(tidying, { ...still, level: 60_000, walkedScans: -3 }).toWalk).toBe(0.5);
});
