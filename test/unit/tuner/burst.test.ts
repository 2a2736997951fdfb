import { expect, test } from 'vitest';
import { burstShare, initialBurst, updateBurst, type BurstInput, type BurstState } from '../../../src/tuner/burst.js';
import { initialGrowth, type Growth } from '../../../src/tuner/growth.js';

const settled: Growth = {
  state: initialGrowth,
  grown: 0,
  worthwhile: 10_000,
  stepped: false,
  blindEntry: false,
  growing: 0,
};

function input(change: Partial<BurstInput> = {}, walkedScans = 0, fullScans = 0): BurstInput {
  const interval = {
    seconds: 1,
    cpuSec: 0.4,
    scanned: walkedScans * 100_000,
    skipped: 0,
    fullScans,
    breaks: 0,
    savedDelta: 0,
  };
  return {
    nowMs: 0,
    interval,
    growth: settled,
    cold: false,
    running: true,
    mergeablePages: 100_000,
    level: 100_000,
    savedPages: 0,
    breakEvenYield: 0.01,
    ...change,
  };
}

const grown = { ...settled, grown: 20_000 };
const started = (): BurstState => updateBurst(initialBurst, input({ growth: grown })).state;

test('starts on worthwhile growth, on a cold host and on an entry that cannot be sized; else not', () => {
  expect(updateBurst(initialBurst, input()).started).toBe(false);
  expect(updateBurst(initialBurst, input({ growth: grown })).started).toBe(true);
  expect(updateBurst(initialBurst, input({ cold: true })).started).toBe(true);
  expect(updateBurst(initialBurst, input({ growth: { ...settled, blindEntry: true } })).started).toBe(true);
  expect(updateBurst(initialBurst, input({ cold: true, level: 0 })).started).toBe(false);
});

test('ends after two full scans since the last step of growth, not before', () => {
  const one = updateBurst(started(), input({}, 1, 1));
  expect(one.ended).toBeNull();
  expect(updateBurst(one.state, input({}, 1, 1)).ended).toBe('done');
  const grew = updateBurst(one.state, input({ growth: { ...settled, stepped: true } }, 0.5, 1));
  const second = updateBurst(grew.state, input({}, 1, 1));
  expect(second.ended).toBeNull();
  expect(updateBurst(second.state, input({}, 1, 1)).ended).toBe('done');
});

test('two boundaries are not two full scans when it began in the middle', () => {
  const state = updateBurst(started(), input({}, 0.2, 1)).state;
  const second = updateBurst(state, input({}, 1, 1));
  expect(second.ended).toBeNull();
  expect(updateBurst(second.state, input({}, 0.8, 0)).ended).toBe('done');
});

test('is carried on while it still merges, and not for ever', () => {
  const merging = (fullScans: number): BurstInput => {
    const base = input({}, 1, fullScans);
    return { ...base, interval: base.interval && { ...base.interval, savedDelta: 5000 } };
  };
  let step = updateBurst(started(), merging(1));
  step = updateBurst(step.state, merging(1));
  step = updateBurst(step.state, merging(1));
  expect(step.ended).toBeNull();
  step = updateBurst(step.state, merging(3));
  expect(step.ended).toBe('done');
});

test('the budget bounds bursts, and fills again', () => {
  let state = initialBurst;
  let bursts = 0;
  for (let i = 0; i < 200; i++) {
    const step = updateBurst(state, input({ growth: grown }, 1, 1));
    bursts += Number(step.started);
    state = step.state;
  }
  expect(bursts).toBeLessThan(8);
  const held = updateBurst(state, input({ growth: grown }));
  expect(held).toMatchObject({ started: false, heldBack: true });
  for (let i = 0; i < 1000; i++) state = updateBurst(state, input()).state;
  expect(updateBurst(state, input({ growth: grown })).started).toBe(true);
});

test('is given up when ksmd walks nothing, or nothing is left', () => {
  let step = updateBurst(started(), input());
  for (let i = 0; i < 20 && step.ended === null; i++) step = updateBurst(step.state, input());
  expect(step.ended).toBe('stalled');
  expect(updateBurst(started(), input({ level: 0, mergeablePages: 0 })).ended).toBe('nothing left');
});

test('share: the cap once settled; the law, or a third of the time so far, while growing; never above what is allowed', () => {
  const base = { worth: 4.8e-7, fullScanCpuSec: 1, minFullScanSec: 1, allowed: 0.5, elapsedSec: 3000 };
  expect(burstShare({ ...base, growth: settled })).toBe(0.5);
  expect(burstShare({ ...base, growth: settled, fullScanCpuSec: 0.2 })).toBeCloseTo(0.2);
  const slow = burstShare({ ...base, growth: { ...settled, growing: 1000 } });
  const fast = burstShare({ ...base, growth: { ...settled, growing: 4000 } });
  expect(fast / slow).toBeCloseTo(2);
  expect(burstShare({ ...base, growth: { ...settled, growing: 1000 }, elapsedSec: 9 })).toBeCloseTo(1 / 3);
  expect(burstShare({ ...base, growth: { ...settled, growing: 1e9 } })).toBe(0.5);
});
