import { expect, test } from 'vitest';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import { initialState } from '../../../src/tuner/state.js';
import { step } from '../../../src/tuner/step.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

test('a million ticks: the state does not grow and numbers stay finite', { timeout: 120_000 }, () => {
  const base = new KsmSim().observe();
  let state = initialState();
  let scanned = 0;
  let longest = 0;
  for (let tick = 0; tick < 1_000_000; tick++) {
    scanned += 1000 + (tick % 7) * 100;
    const { state: next, decision } = step({
      observation: {
        ...base,
        monoMs: tick * 1000,
        knobs: { run: 1, pages_to_scan: 1000, sleep_millisecs: 1000 },
        pages_sharing: 40_000 + (tick % 1000),
        pages_unshared: 50_000,
        pages_scanned: scanned,
        full_scans: Math.floor(tick / 90),
        cow_ksm: tick * 3,
        ksmdCpuNs: scanned * (2000 + (tick % 3) * 500),
        mergeableBytes: (100_000 + (tick % 5000) * 20) * 4096,
      },
      state,
      settings: DEFAULT_TUNER_SETTINGS,
      mode: 'advise',
      paused: false,
    });
    state = next;
    if (tick % 10_000 === 0) longest = Math.max(longest, JSON.stringify(state).length);
    if (decision.reason === '') throw new Error(`no reason at tick ${tick}`);
  }
  expect(longest).toBeLessThan(6000);
  // JSON turns NaN and Infinity into null; only what may be null is.
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
});
