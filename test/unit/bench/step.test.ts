import { expect, test } from 'vitest';
import { BenchHost } from '../../../bench/step/host.js';
import { measure } from '../../../bench/step/measure.js';
import { observe } from '../../../src/agent/model/observe.js';

test('its host offers what its guests have, and replaces one of them every minute', () => {
  const host = new BenchHost(20);
  let point = host.tick();
  const names = (): number[] => point.sample.processes.map(({ pid }) => pid);
  const before = names();
  for (let second = 0; second < 60; second++) point = host.tick();
  expect(names()).toHaveLength(20);
  expect(names().filter((pid) => before.includes(pid))).toHaveLength(19);
  const seen = observe({ point, nowMonoMs: point.sample.monoMs, pageSize: 4096, rivals: [] });
  expect(seen).toMatchObject({ mergeableProcesses: 20, mergeableBytes: 20 * 2 ** 30, ageMs: 0 });
});

test('a decision for 1,000 guests takes less than a millisecond, mostly', () => {
  const { cpu, both, phases, stateChars, longTicks } = measure({ guests: 1000, ticks: 300, longTicks: 1 }, () => {});
  expect(cpu.median).toBeLessThan(1);
  expect(cpu.median).toBeGreaterThan(0);
  expect(both.p99).toBeGreaterThanOrEqual(both.median);
  expect(stateChars).toBeLessThan(6000);
  expect(longTicks).toBe(330);
  expect(Object.values(phases).reduce((sum, ticks) => sum + ticks, 0)).toBe(330);
});
