import { describe, expect, test } from 'vitest';
import { DEFAULT_TUNER_SETTINGS } from '../../../../src/tuner/settings.js';
import { advisorStep } from '../../../../src/tuner/sim/advisor.js';
import { HostSim } from '../../../../src/tuner/sim/host-sim.js';
import { KSMTUNED, ksmtunedStep } from '../../../../src/tuner/sim/ksmtuned.js';
import { policyNamed } from '../../../../src/tuner/sim/named-policies.js';

const GIB = 2 ** 30;
const base = new HostSim({ memTotalBytes: 16 * GIB }).observe();
const at = (seconds: number, committed: number, free: number): typeof base => ({
  ...base,
  monoMs: seconds * 1000,
  mergeableBytes: committed * GIB,
  memAvailableBytes: free * GIB,
});

describe('ksmtuned', () => {
  test('looks once a minute, and leaves KSM off while a fifth of the memory is not committed', () => {
    const { initial } = KSMTUNED;
    expect(ksmtunedStep(initial, at(59, 16, 1))).toBe(initial);
    expect(ksmtunedStep(initial, at(60, 12, 1)).scanning).toBe(false);
  });

  test('boosts by 300 while memory is short, to 1250; decays by 50 to 64', () => {
    let state = KSMTUNED.initial;
    const seen: number[] = [];
    for (let minute = 1; minute <= 6; minute++) {
      state = ksmtunedStep(state, at(60 * minute, 14, 1));
      seen.push(state.npages);
    }
    expect(seen).toEqual([300, 600, 900, 1200, 1250, 1250]);
    for (let minute = 7; minute <= 40; minute++) state = ksmtunedStep(state, at(60 * minute, 14, 8));
    expect(state).toMatchObject({ npages: 64, scanning: true });
  });

  test('sleeps 10 ms on 16 GiB and above, longer on less', () => {
    const small = { ...at(60, 4, 0.1), memTotalBytes: 4 * GIB };
    expect(KSMTUNED.tick(KSMTUNED.initial, small).knobs).toEqual({
      run: 1,
      pages_to_scan: 300,
      sleep_millisecs: 40,
    });
    expect(KSMTUNED.tick(KSMTUNED.initial, at(60, 14, 1)).knobs.sleep_millisecs).toBe(10);
  });
});

describe('the advisor', () => {
  const first = { scanSec: 0, changePct: 0, cpuSec: 0 };

  test('comes down from a scan that was too fast, by a third of it as it starts', () => {
    // factor 200 * 100 / 50 = 400; change ewma(0, 100) = 30: 1000 * 100 / 400 = 250, 250 * 30 / 100 = 75;
    // floor: 1000 / 20 % = 50 a per cent, 10 % = 500.
    const { pages_to_scan, state } = advisorStep(first, {
      scanSec: 50,
      cpuSec: 10,
      pages_to_scan: 1000,
      targetSec: 200,
    });
    expect(pages_to_scan).toBe(500);
    expect(state).toEqual({ scanSec: 50, changePct: 30, cpuSec: 10 });
  });

  test('on an idle host one scan with all the past CPU makes 10 pages of 500', () => {
    const { pages_to_scan } = advisorStep(first, { scanSec: 0, cpuSec: 115.89, pages_to_scan: 500, targetSec: 200 });
    expect(pages_to_scan).toBe(10);
  });

  test('never above 30,000 pages', () => {
    const { pages_to_scan } = advisorStep(
      { scanSec: 100, changePct: 100, cpuSec: 0 },
      { scanSec: 4000, cpuSec: 40, pages_to_scan: 20_000, targetSec: 200 },
    );
    expect(pages_to_scan).toBe(30_000);
  });
});

test('forced, ksmtuned scans on a host with room for everything', () => {
  const start = policyNamed('ksmtuned:forced', DEFAULT_TUNER_SETTINGS)?.();
  expect(start?.tick(at(60, 1, 15))).toEqual({ run: 1, pages_to_scan: 300, sleep_millisecs: 10 });
});

describe('policies that hold a CPU share', () => {
  const play = (name: string, seconds: number): { sim: HostSim; runs: number[] } => {
    const run = policyNamed(name, DEFAULT_TUNER_SETTINGS)?.();
    if (run === undefined) throw new Error(`no policy ${name}`);
    const sim = new HostSim({ knobs: run.knobs });
    sim.defineSet({ name: 'own', contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 });
    sim.startGuest('a', [{ set: 'own', pages: 50_000 }]);
    const runs: number[] = [];
    for (let second = 0; second < seconds; second++) {
      sim.knobs = run.tick(sim.observe());
      runs.push(sim.knobs.run);
      sim.advance(1);
    }
    return { sim, runs };
  };

  test('cap: half a core, all the time', () => {
    const { sim } = play('cap', 60);
    expect(sim.cpuSec / 60).toBeGreaterThan(0.4);
    expect(sim.cpuSec / 60).toBeLessThan(0.55);
  });

  test('pairs: two full scans, then nothing until the next pair', () => {
    const { sim, runs } = play('pairs:30', 60);
    // At the latest a tick after the second has ended; a full scan of these takes a third of a second.
    expect(sim.fullScans).toBeGreaterThanOrEqual(4);
    expect(runs.slice(20, 30)).toEqual(Array(10).fill(0));
    expect(runs[30]).toBe(1);
    expect(sim.observe().knobs).toMatchObject({ run: 0, smart_scan: 1 });
  });
});

test.each([
  'off',
  'default',
  'ksmtuned',
  'ksmtuned:forced',
  'advisor',
  'advisor:60',
  'fixed:1250/10',
  'cap',
  'pairs:300',
  'ksmpilot',
])('%s has a name', (name) => {
  expect(policyNamed(name, DEFAULT_TUNER_SETTINGS)?.().name).toBe(name);
});

test.each([
  '',
  'on',
  'fixed',
  'fixed:0/10',
  'fixed:10',
  'fixed:99999999999/1',
  'fixed:4294967296/10',
  'advisor:0',
  'pairs:0',
])('"%s" is no policy', (name) => {
  expect(policyNamed(name, DEFAULT_TUNER_SETTINGS)).toBeUndefined();
});
