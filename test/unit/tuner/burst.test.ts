import { describe, expect, test } from 'vitest';
import {
  burstShare,
  foundInBurst,
  grownInBurst,
  initialBurst,
  updateBurst,
  type BurstInput,
  type BurstState,
} from '../../../src/tuner/burst.js';
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
    due: null,
    unskipPays: false,
    mergeablePages: 100_000,
    level: 100_000,
    changedPages: 50_000,
    savedPages: 0,
    ledgerPages: 0,
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
  // Pairs on either side of where it began are in the tree together only in the third.
  const third = updateBurst(second.state, input({}, 0.8, 0));
  expect(third.ended).toBeNull();
  expect(updateBurst(third.state, input({}, 0.2, 1)).ended).toBe('done');
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

describe('the budget', () => {
  /** Growth at every tick, of which so many pages are saved by the end of each burst. */
  function harry(ticks: number, savedEach: number, from = initialBurst): { state: BurstState; bursts: number } {
    let state = from;
    let saved = 0;
    let bursts = 0;
    for (let i = 0; i < ticks; i++) {
      const step = updateBurst(state, input({ growth: grown, ledgerPages: saved }, 1, 1));
      if (step.started) saved += savedEach;
      bursts += Number(step.started);
      state = step.state;
    }
    return { state, bursts };
  }

  test('bounds bursts that bring nothing, and fills again', () => {
    const { state, bursts } = harry(200, 0);
    expect(bursts).toBeGreaterThan(3);
    expect(bursts).toBeLessThan(8);
    expect(updateBurst(state, input({ growth: grown }))).toMatchObject({ started: false, heldBack: true });
    let later = state;
    for (let i = 0; i < 1000; i++) later = updateBurst(later, input()).state;
    expect(updateBurst(later, input({ growth: grown })).started).toBe(true);
  });

  test('most of it comes back where a burst paid for itself, so that there can be many more', () => {
    // Two full scans of 100,000 pages break even at 2,000 saved ones.
    expect(harry(200, 2000).bursts).toBeGreaterThan(2 * harry(200, 1900).bursts);
  });

  test('looks are on it, rounds that pay are not', () => {
    const empty = { ...initialBurst, budget: 0 };
    expect(updateBurst(empty, input({ due: 'look' }))).toMatchObject({ started: false, heldBack: false });
    let step = updateBurst(empty, input({ due: 'round' }));
    expect(step.started).toBe(true);
    step = updateBurst(step.state, input({}, 1, 1));
    expect(step.state).toMatchObject({ spent: 0, active: true });
    expect(updateBurst(step.state, input({}, 1, 1)).ended).toBe('done');
  });

  test('a burst whose budget is spent is broken off, and gets most of it back if it paid all the same', () => {
    const state = { ...started(), budget: 0.5, spent: 9.4 };
    const vain = updateBurst(state, input({}, 0.6));
    expect(vain.ended).toBe('budget spent');
    expect(vain.state.budget).toBe(0);
    const paid = updateBurst(state, input({ ledgerPages: 10_000 }, 0.6));
    expect(paid.ended).toBe('budget spent');
    expect(paid.state.budget).toBeCloseTo(8);
  });
});

describe('causes', () => {
  const cause = (change: Partial<BurstInput>): string | null => {
    const { started, state } = updateBurst(initialBurst, input(change));
    return started ? state.cause : null;
  };

  test('growth comes first, then what is due', () => {
    expect(cause({ growth: grown, due: 'look' })).toBe('growth');
    expect(cause({ due: 'round' })).toBe('round');
    expect(cause({ due: 'look' })).toBe('look');
    expect(cause({})).toBeNull();
  });

  test('a round or look visits every page; growth only where that is likely to pay', () => {
    const unskip = (change: Partial<BurstInput>): boolean => updateBurst(initialBurst, input(change)).state.unskip;
    expect(unskip({ due: 'round' })).toBe(true);
    expect(unskip({ due: 'look' })).toBe(true);
    expect(unskip({ growth: grown })).toBe(false);
    expect(unskip({ growth: grown, unskipPays: true })).toBe(true);
  });

  test('growth that goes on may come to pay for visiting every page, and is not taken back', () => {
    const later = updateBurst(started(), input({ unskipPays: true }, 0.2)).state;
    expect(later.unskip).toBe(true);
    expect(updateBurst(later, input({}, 0.2)).state.unskip).toBe(true);
  });

  test('growth in the midst of a look makes it a burst for growth, from the start', () => {
    const looking = updateBurst(updateBurst(initialBurst, input({ due: 'look' })).state, input({}, 0.5, 1)).state;
    const grew = updateBurst(looking, input({ growth: { ...settled, stepped: true } }, 0.3)).state;
    expect(grew).toMatchObject({ cause: 'growth', unskip: false, fullScans: 0, walked: 0, active: true });
  });
});

describe('the second full scan', () => {
  const looking = (): BurstState => updateBurst(initialBurst, input({ due: 'look' })).state;
  /** One page in a hundred breaks even. */
  const ended = (state: BurstState, changedPages: number, walked = 1.4, fullScans = 2): string | null =>
    updateBurst(state, input({ changedPages }, walked, fullScans)).ended;

  test('only where enough pages changed since the last', () => {
    expect(ended(looking(), 999)).toBe('done');
    expect(ended(looking(), 1000)).toBeNull();
  });

  test('new memory has only just come: it gets its second scan, whatever has changed', () => {
    expect(ended(started(), 0)).toBeNull();
    expect(ended(started(), 0, 2, 2)).toBe('done');
  });

  test('not judged before one is complete: the first end is of a full scan that began before', () => {
    expect(ended(looking(), 0, 0.5, 0)).toBeNull();
    expect(ended(looking(), 0, 1, 1)).toBeNull();
    expect(ended(looking(), 0, 1.1, 2)).toBe('done');
  });

  test('a round has no third, however much still merges: what is left has the next round', () => {
    const one = updateBurst(looking(), input({}, 1, 1));
    const base = input({}, 1, 1);
    const merging = { ...base, interval: base.interval && { ...base.interval, savedDelta: 50_000 } };
    expect(updateBurst(one.state, merging).ended).toBe('done');
  });
});

test('what a round found: the saving gained, and what broke meanwhile', () => {
  let state = updateBurst(initialBurst, input({ due: 'round', ledgerPages: 40_000 })).state;
  const base = input({}, 0.5);
  for (let i = 0; i < 2; i++) {
    state = updateBurst(state, { ...base, interval: base.interval && { ...base.interval, breaks: 30 } }).state;
  }
  expect(foundInBurst(state, 42_000)).toBe(2060);
  expect(foundInBurst(state, 30_000)).toBe(0);
  expect(
    updateBurst(initialBurst, { ...base, interval: base.interval && { ...base.interval, breaks: 30 } }).state.breaks,
  ).toBe(0);
});

test('the growth that a burst serves: what had gathered at its start, and what came since', () => {
  expect(grownInBurst(started(), 130_000)).toBe(50_000);
  expect(grownInBurst(started(), 60_000)).toBe(20_000);
});

test('is given up when ksmd walks nothing, or nothing is left', () => {
  let step = updateBurst(started(), input());
  for (let i = 0; i < 20 && step.ended === null; i++) step = updateBurst(step.state, input());
  expect(step.ended).toBe('stalled');
  expect(updateBurst(started(), input({ level: 0, mergeablePages: 0 })).ended).toBe('nothing left');
});

test('share: the cap once settled; the law, or a part of the time so far, while growing; never above what is allowed', () => {
  const base = { worth: 4.8e-7, fullScanCpuSec: 1, minFullScanSec: 1, allowed: 0.5, elapsedSec: 3000 };
  expect(burstShare({ ...base, growth: settled })).toBe(0.5);
  expect(burstShare({ ...base, growth: settled, fullScanCpuSec: 0.2 })).toBeCloseTo(0.2);
  const slow = burstShare({ ...base, growth: { ...settled, growing: 1000 } });
  const fast = burstShare({ ...base, growth: { ...settled, growing: 4000 } });
  expect(fast / slow).toBeCloseTo(2);
  const soon = (elapsedSec: number): number =>
    burstShare({ ...base, growth: { ...settled, growing: 1000 }, elapsedSec });
  expect(soon(9)).toBeGreaterThan(slow);
  expect(soon(9) / soon(18)).toBeCloseTo(2);
  expect(burstShare({ ...base, growth: { ...settled, growing: 1e9 } })).toBe(0.5);
});
