import { expect, test } from 'vitest';
import { inferScanned } from '../../../src/tuner/infer.js';
import { scaledCosts, USUAL_COSTS } from '../../../src/tuner/sim/costs.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

test('within 15 % of what the simulated ksmd scanned, from its CPU time and knobs', () => {
  const sim = new KsmSim(scaledCosts(USUAL_COSTS, 2));
  sim.addGuest('g', 100_000, () => undefined);
  sim.knobs = { run: 1, pages_to_scan: 2000, sleep_millisecs: 20 };
  sim.advance(1);
  const { cpuSec, scanned } = sim;
  sim.advance(4);
  const inferred = inferScanned(sim.observe())(4, sim.cpuSec - cpuSec);
  expect(Math.abs(inferred / (sim.scanned - scanned) - 1)).toBeLessThan(0.15);
});

test('nothing while ksmd stands still, a figure on the dearest page where its CPU time is unknown', () => {
  const stopped = { ...new KsmSim().observe(), knobs: { run: 0, pages_to_scan: 1000, sleep_millisecs: 20 } };
  expect(inferScanned(stopped)(1, 0.1)).toBe(0);
  const running = { ...stopped, knobs: { ...stopped.knobs, run: 1 } };
  expect(inferScanned(running)(1, 0)).toBe(0);
  expect(inferScanned(running)(1, null)).toBeCloseTo(1000 / (0.022 + 0.05), 0);
});
