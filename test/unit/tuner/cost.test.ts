import { expect, test } from 'vitest';
import { BLIND_SEC_PER_PAGE, cost, initialCost, PRIOR_SEC_PER_PAGE, updateCost } from '../../../src/tuner/cost.js';

function interval(scanned: number, skipped: number, cpuSec: number | null) {
  return { seconds: 1, cpuSec, scanned, skipped, fullScans: 0, breaks: 0, savedDelta: 0 };
}

test('before any measurement: a conservative prior; without CPU time: the dearest ever reported', () => {
  expect(cost(initialCost, true)).toMatchObject({ secPerScanned: PRIOR_SEC_PER_PAGE, measured: false });
  expect(cost(initialCost, false)).toMatchObject({ secPerScanned: BLIND_SEC_PER_PAGE, readable: false });
});

test('one second of measuring outweighs the prior', () => {
  const c = cost(updateCost(initialCost, interval(100_000, 0, 0.3), 0), true);
  expect(c.secPerScanned).toBeCloseTo(3e-6, 7);
  expect(c.measured).toBe(true);
});

test('skipped pages are paid for by the scanned ones, and told apart when they vary', () => {
  let state = initialCost;
  for (let i = 0; i < 50; i++) {
    const scanned = 10_000 + (i % 5) * 8000;
    const skipped = 5000 + (i % 3) * 30_000;
    state = updateCost(state, interval(scanned, skipped, scanned * 4e-6 + skipped * 0.3e-6), 0);
  }
  const c = cost(state, true);
  expect(c.scannedOnly).toBeCloseTo(4e-6, 8);
  expect(c.skippedOnly).toBeCloseTo(0.3e-6, 8);
  expect(c.secPerScanned).toBeGreaterThan(4e-6);
  expect(c.secPerWalked).toBeLessThan(4e-6);
});

test('counts that move in step cannot be told apart, and are not', () => {
  let state = initialCost;
  for (let i = 1; i < 50; i++) state = updateCost(state, interval(1000 * i, 500 * i, 0.004 * i), 0);
  expect(cost(state, true)).toMatchObject({ scannedOnly: null, skippedOnly: null });
});

test('dear pages after cheap ones are followed within two seconds of a burst', () => {
  let state = initialCost;
  for (let i = 0; i < 20; i++) state = updateCost(state, interval(300_000, 0, 0.3), 0);
  for (let i = 0; i < 2; i++) state = updateCost(state, interval(80_000, 0, 0.64), 0);
  expect(cost(state, true).secPerScanned).toBeGreaterThan(4e-6);
});

test('intervals that make no sense teach nothing', () => {
  for (const bad of [interval(0, 0, 0.5), interval(100, 0, null), interval(100, 0, 0), interval(100, 0, 50)]) {
    expect(updateCost(initialCost, bad, 0)).toBe(initialCost);
  }
});
