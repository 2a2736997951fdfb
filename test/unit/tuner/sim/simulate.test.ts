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
