import { describe, expect, test } from 'vitest';
import { DEFAULT_TUNER_SETTINGS } from '../../../../src/tuner/settings.js';
import { policyNamed } from '../../../../src/tuner/sim/named-policies.js';
import type { PolicyStart } from '../../../../src/tuner/sim/policy.js';
import { scenario, SCENARIO_NAMES, type ScenarioName } from '../../../../src/tuner/sim/scenarios.js';
import { netCoreSec, simulate, type SimResult } from '../../../../src/tuner/sim/simulate.js';

function policy(name: string): PolicyStart {
  const start = policyNamed(name, DEFAULT_TUNER_SETTINGS);
  if (start === undefined) throw new Error(`no policy ${name}`);
  return start;
}

const run = (name: ScenarioName, by: string): SimResult => simulate(scenario(name), policy(by));

describe('built-in scenarios', () => {
  test('boot storm: ksmpilot has the saving first, and it pays more than any constant here', () => {
    const pilot = run('boot-storm', 'ksmpilot');
    expect(pilot.endSavedBytes).toBeGreaterThan(0.99 * pilot.reachableBytes);
    for (const rival of ['off', 'default', 'advisor', 'fixed:1250/10']) {
      const other = run('boot-storm', rival);
      expect(netCoreSec(pilot, 8), rival).toBeGreaterThan(netCoreSec(other, 8));
      expect(pilot.t95Sec ?? Infinity, rival).toBeLessThan(other.t95Sec ?? Infinity);
    }
  });

  test.each(SCENARIO_NAMES)('%s: never above the cap by more than a tenth over ten seconds', (name) => {
    const { worstCpuPct } = run(name, 'ksmpilot');
    expect(worstCpuPct).toBeLessThanOrEqual(1.1 * DEFAULT_TUNER_SETTINGS.maxCpuPct);
  });

  test('where nothing can be gained nothing is saved, and scanning costs', () => {
    for (const name of ['idle', 'volatile'] as const) {
      expect(run(name, 'off')).toMatchObject({ savedGibSec: 0, ksmdCpuSec: 0, t95Sec: null, fullScans: 0 });
      const constant = run(name, 'fixed:1250/10');
      const pilot = run(name, 'ksmpilot');
      expect(constant.savedGibSec).toBe(0);
      expect(pilot.ksmdCpuSec).toBeLessThan(constant.ksmdCpuSec / 10);
    }
  });

  test('churn keeps breaking merges', () => {
    const { cowBreaks, endSavedBytes, reachableBytes } = run('churn', 'fixed:5000/10');
    expect(cowBreaks).toBeGreaterThan(100_000);
    expect(endSavedBytes).toBeLessThan(reachableBytes);
  });

  test('the same run twice is the same to the last bit', () => {
    expect(run('churn', 'ksmpilot')).toEqual(run('churn', 'ksmpilot'));
  });
});

describe('what goes before', () => {
  const image = { name: 'image', contents: 5000, layout: 'distinct' as const, writesPerSec: 0, mergeable: 1 };
  const workload = {
    name: 'two',
    what: 'two guests, merged before; a third comes',
    seconds: 30,
    changeSec: 10,
    memTotalBytes: 2 ** 33,
    otherBytes: 0,
    prepare: { seconds: 10, knobs: { run: 1, pages_to_scan: 5000, sleep_millisecs: 20 } },
    sets: [image],
    events: [-10, -10, 10].map((atSec, n) => ({
      atSec,
      kind: 'start' as const,
      guest: `guest-${n}`,
      segments: [{ set: 'image', pages: 5000 }],
    })),
  };

  test('is there at the start under every policy, and charged to none', () => {
    const { savedGibSec, ksmdCpuSec, fullScans } = simulate(workload, policy('off'));
    expect(savedGibSec).toBeCloseTo((30 * 5000 * 4096) / 2 ** 30);
    expect({ ksmdCpuSec, fullScans }).toEqual({ ksmdCpuSec: 0, fullScans: 0 });
  });

  test('the time to 95 % is counted from the change, the quiet end from the last third', () => {
    const { t95Sec, tailCpuPct, ksmdCpuSec } = simulate(workload, policy('fixed:5000/10'));
    expect(t95Sec).toBe(1);
    expect(simulate(workload, policy('off')).t95Sec).toBeNull();
    expect(tailCpuPct).toBeGreaterThan(0);
    expect(tailCpuPct).toBeLessThan((100 * ksmdCpuSec) / 10);
  });

  test('policies look on, and take over with their own knobs', () => {
    let watched = 0;
    const start = policy('off');
    simulate(workload, () => ({
      ...start(),
      watch: () => {
        watched += 1;
      },
    }));
    expect(watched).toBe(10);
  });
});

describe('changes that nothing announces', () => {
  test('phase: nothing to gain before, half of all memory after', () => {
    const { savedGibSec, reachableBytes, endSavedBytes, t95Sec } = run('phase', 'fixed:5000/10');
    expect(reachableBytes / 2 ** 30).toBeCloseTo(15, 0);
    expect(endSavedBytes).toBeGreaterThan(0.95 * reachableBytes);
    // Saved for the second half of the hour at most.
    expect(savedGibSec).toBeLessThan((1800 * reachableBytes) / 2 ** 30);
    expect(t95Sec).toBeGreaterThan(0);
  });

  test('aged: out of reach of any constant while smart_scan is 1', () => {
    expect(run('aged', 'fixed:5000/10').savedGibSec).toBe(0);
    const { endSavedBytes, reachableBytes } = run('aged', 'pairs:600');
    expect(endSavedBytes).toBeCloseTo(reachableBytes, -3);
  });

  test('exit: the saving goes with the guests', () => {
    const { endSavedBytes, reachableBytes } = run('exit', 'fixed:5000/10');
    // Three of sixteen stay, and of n copies n - 1 are saved.
    expect(endSavedBytes / reachableBytes).toBeCloseTo(2 / 15);
  });
});

test('1 TiB, 1,000 guests, a day: bounded work', { timeout: 120_000 }, () => {
  const size = { guests: 1000, guestBytes: 2 ** 30, seconds: 86_400 };
  const { work, points, fullScans } = simulate(scenario('boot-storm', size), policy('fixed:5000/10'));
  expect(work.ticks).toBe(86_400);
  // 8,000 segments, each walked once a full scan, and once more for each second that ends inside it.
  expect(work.walks).toBeLessThan(fullScans * 8000 + 86_400 + 8000);
  // About one state a segment: nothing is written, so cohorts do not spread.
  expect(work.cohorts).toBeLessThan(2 * 8000);
  expect(points.length).toBeLessThanOrEqual(241);
});
