import { describe, expect, test } from 'vitest';
import { initialCap, shareAllowed, updateCap, type CapInput, type CapState } from '../../../src/tuner/cap.js';
import { planKnobs } from '../../../src/tuner/knobs.js';

const CAP = 0.3;
const knobs = { run: 1, ...planKnobs(0.28, 4e-6) };

function second(cpuSec: number | null, change: Partial<CapInput> = {}): CapInput {
  const scanned = (cpuSec ?? 0) / 4e-6;
  return { seconds: 1, cpuSec, cap: CAP, knobs, scanned, mergeablePages: 1e6, ...change };
}

function after(cpu: readonly number[]): CapState {
  return cpu.reduce((state, cpuSec) => updateCap(state, second(cpuSec)), initialCap);
}

describe('shareAllowed', () => {
  test('aims a little below the cap', () => {
    expect(shareAllowed(initialCap, CAP, 1)).toBeCloseTo(0.95 * CAP);
  });

  test('an excess is paid back', () => {
    expect(shareAllowed(after([0.9]), CAP, 1)).toBeLessThan(0.7 * CAP);
    expect(shareAllowed(after([0.9, 0.1, 0.1, 0.1]), CAP, 1)).toBeCloseTo(0.95 * CAP);
  });

  test('never below a part of the cap, however long the excess', () => {
    expect(shareAllowed(after(Array<number>(100).fill(1)), CAP, 100)).toBeCloseTo(0.05 * CAP);
  });

  test('a low cap leaves room for pages that may turn out dearer; a high one holds anyway', () => {
    const low = Array<number>(9)
      .fill(0.045)
      .reduce((state, cpuSec) => updateCap(state, second(cpuSec, { cap: 0.05 })), initialCap);
    const share = shareAllowed(low, 0.05, 8);
    expect(share).toBeLessThan(0.03);
    const dear = (8 * share) / (1 - share + 8 * share);
    expect((9 * 0.045 + dear) / 10).toBeLessThanOrEqual(0.0551);
    const high = Array<number>(9)
      .fill(0.47)
      .reduce((state, cpuSec) => updateCap(state, second(cpuSec, { cap: 0.5 })), initialCap);
    expect(shareAllowed(high, 0.5, 8)).toBeCloseTo(0.475);
  });
});

test('the trim learns that sleeps are longer than planned, within bounds', () => {
  let state = initialCap;
  for (let i = 0; i < 30; i++) state = updateCap(state, second(0.25));
  expect(state.trim).toBeGreaterThan(1.05);
  for (let i = 0; i < 100; i++) state = updateCap(state, second(0.05));
  expect(state.trim).toBeLessThanOrEqual(1.4);
  for (let i = 0; i < 100; i++) state = updateCap(state, second(0.9));
  expect(state.trim).toBeGreaterThanOrEqual(0.7);
});

test('a full scan shorter than a few batches says nothing of sleeps', () => {
  expect(updateCap(initialCap, second(0.05, { mergeablePages: 2 * knobs.pages_to_scan })).trim).toBe(1);
});

test('unknown CPU time changes nothing, and what is remembered stays bounded', () => {
  expect(updateCap(initialCap, second(null))).toBe(initialCap);
  let state = initialCap;
  for (let i = 0; i < 1000; i++) state = updateCap(state, second(0.001, { seconds: 0.01 }));
  expect(state.recent.length).toBeLessThanOrEqual(40);
});
