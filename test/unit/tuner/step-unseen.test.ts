/** Kernels before 6.14: a guest that offers memory is not seen before ksmd has visited some of it. */

import { describe, expect, test } from 'vitest';
import { scaledCosts, USUAL_COSTS } from '../../../src/tuner/sim/costs.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';
import type { Observation } from '../../../src/tuner/types.js';
import { TunerLoop } from '../../helpers/tuner-loop.js';

const COSTS = scaledCosts(USUAL_COSTS, 5);
const PAGES = 3000;
const image = (index: number): number => index;

/** Only the memory of processes that ksmd has come by; no probes that tell of the others. */
function visitedOnly(sim: KsmSim): Observation {
  const visited = sim.guests.filter(({ pages }) => pages.some(({ seen }) => !Number.isNaN(seen)));
  const pages = visited.reduce((sum, guest) => sum + guest.pages.length, 0);
  return sim.observe({
    offersVisible: false,
    mergeableBytes: pages * 4096,
    mergeableProcesses: visited.length,
    entered: null,
  });
}

const nothing = (sim: KsmSim): Observation => sim.observe({ mergeableBytes: null, entered: null });

describe.each([
  ['what ksmd has come by', visitedOnly],
  ['nothing', nothing],
])('a host that says of offered memory %s', (_what, observe) => {
  function settled(): { sim: KsmSim; loop: TunerLoop } {
    const sim = new KsmSim(COSTS);
    sim.set('run', 1);
    for (let n = 0; n < 2; n++) sim.addGuest(`g${n}`, PAGES, image);
    const loop = new TunerLoop(sim, {}, observe);
    loop.run(300);
    return { sim, loop };
  }

  test('ksmd is watched, at 0.25 % of a core, and never rests', () => {
    const { sim, loop } = settled();
    expect(sim.sharingPages).toBe(sim.reachable());
    loop.run(600);
    expect(loop.log.every(({ wanted }) => wanted === null || wanted.run === 1)).toBe(true);
    expect(loop.log.at(-1)?.reason).toMatch(/0\.25 % of a core until then, since this kernel .* as ksmd comes by them/);
    expect(loop.meanCpu(300)).toBeGreaterThan(0.001);
    expect(loop.meanCpu(300)).toBeLessThan(0.004);
  });

  test('so that a guest that starts is merged within minutes', () => {
    const { sim, loop } = settled();
    sim.addGuest('third', PAGES, image);
    loop.run(240);
    expect(sim.sharingPages).toBe(2 * PAGES);
    expect(sim.knobs.run).toBe(1);
  });

  test('no guest seen, run 0: ksmd is started to see, and nobody claims that nothing is offered', () => {
    const sim = new KsmSim(COSTS);
    const loop = new TunerLoop(sim, {}, observe);
    loop.run(60);
    expect(sim.knobs.run).toBe(1);
    expect(loop.log.some(({ reason }) => reason.includes('no process offers'))).toBe(false);
    const { writes } = loop;
    loop.run(300);
    expect(loop.writes).toBe(writes);
    for (let n = 0; n < 2; n++) sim.addGuest(`g${n}`, PAGES, image);
    loop.run(240);
    expect(sim.sharingPages).toBe(sim.reachable());
  });

  test('not where the settings forbid to start', () => {
    const sim = new KsmSim(COSTS);
    const loop = new TunerLoop(sim, { mayStart: false }, observe);
    for (let n = 0; n < 2; n++) sim.addGuest(`g${n}`, PAGES, image);
    loop.run(60);
    expect({ run: sim.knobs.run, writes: loop.writes }).toEqual({ run: 0, writes: 0 });
  });
});
