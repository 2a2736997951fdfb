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
  for (let i = 0; i < 300; i++) {
    const scanned = 10_000 + (i % 5) * 8000;
    const skipped = 5000 + (i % 3) * 30_000;
    state = updateCost(state, interval(scanned, skipped, scanned * 4e-6 + skipped * 0.3e-6), 0);
  }
  const c = cost(state, true);
  expect(c.perScanned.value).toBeCloseTo(4e-6, 7);
  expect(c.perSkipped.value).toBeCloseTo(0.3e-6, 7);
  expect(c.secPerScanned).toBeGreaterThan(4e-6);
  expect(c.secPerWalked).toBeLessThan(4e-6);
});

test('how much smart_scan skips is remembered like the cost of a walked page', () => {
  let state = initialCost;
  for (let i = 0; i < 20; i++) state = updateCost(state, interval(10_000, 30_000, 0.05), 0);
  expect(cost(state, true).skippedShare).toBeCloseTo(0.75, 5);
  expect(cost(initialCost, true).skippedShare).toBe(0);
});

test('full scans with smart_scan held at 0 leave alone what one that skips costs', () => {
  let skipping = initialCost;
  for (let i = 0; i < 20; i++) skipping = updateCost(skipping, interval(10_000, 30_000, 0.05), 0);
  let held = skipping;
  let plain = skipping;
  for (let i = 0; i < 20; i++) {
    held = updateCost(held, interval(40_000, 0, 0.2), 0, true);
    plain = updateCost(plain, interval(40_000, 0, 0.2), 0);
  }
  expect(cost(held, true).secPerWalked).toBe(cost(skipping, true).secPerWalked);
  expect(cost(held, true).skippedShare).toBe(cost(skipping, true).skippedShare);
  expect(cost(plain, true).secPerWalked).toBeGreaterThan(3 * cost(skipping, true).secPerWalked);
  // The knobs follow all the same, and so does the price of a look.
  expect(cost(held, true).secPerScanned).toBe(cost(plain, true).secPerScanned);
  expect(cost(held, true).perScanned).toEqual(cost(plain, true).perScanned);
});

test('where no skipping was ever seen, they are all there is to learn from', () => {
  const held = updateCost(initialCost, interval(100_000, 0, 0.3), 0, true);
  expect(cost(held, true)).toMatchObject({ measured: true });
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
