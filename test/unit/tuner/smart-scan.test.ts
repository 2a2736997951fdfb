import { expect, test } from 'vitest';
import {
  canUnskip,
  holdSmartScan,
  initialSmartScan,
  updateSmartScan,
  wantedSmartScan,
} from '../../../src/tuner/smart-scan.js';

test('it is held at 0 where the operator has it at 1, and goes back to 1', () => {
  const found = updateSmartScan(initialSmartScan, 1);
  expect(wantedSmartScan(found, true)).toBe(0);
  const held = updateSmartScan(holdSmartScan(found, true, 1), 0);
  expect(wantedSmartScan(held, true)).toBe(0);
  expect(wantedSmartScan(held, false)).toBe(1);
});

test('our own 0 is never taken for the operator’s, also when the write back is late', () => {
  let state = holdSmartScan(updateSmartScan(initialSmartScan, 1), true, 1);
  for (let tick = 0; tick < 3; tick++) {
    state = updateSmartScan(state, 0);
    state = holdSmartScan(state, false, 0);
    expect(wantedSmartScan(state, false)).toBe(1);
  }
  state = updateSmartScan(holdSmartScan(state, false, 1), 1);
  expect(updateSmartScan(state, 0).found).toBe(0);
});

test('where the operator has 0, or there is no such file, it is left alone', () => {
  for (const observed of [0, undefined]) {
    const state = updateSmartScan(initialSmartScan, observed);
    expect(canUnskip(state)).toBe(false);
    expect(wantedSmartScan(state, true)).toBeUndefined();
    expect(holdSmartScan(state, true, observed)).toEqual(state);
  }
});

test('forgotten when the setting is switched off while it is held', () => {
  const held = holdSmartScan(updateSmartScan(initialSmartScan, 1), true, 1);
  expect(updateSmartScan(held, undefined)).toEqual(initialSmartScan);
});
