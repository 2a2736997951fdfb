import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { KsmdReader } from '../../src/agent/kernel/ksmd.js';
import { scaledCosts, USUAL_COSTS, type SimCosts } from '../../src/tuner/sim/costs.js';
import { HostSim } from '../../src/tuner/sim/host-sim.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';

useKernel();

/** A scripted host: real guests do it to the kernel, and the simulator does the same. */
interface Script {
  readonly pages_to_scan: number;
  readonly sleep_millisecs: number;
  readonly seconds: number;
  /** Pages per guest: of one image, its own, and of one image but rewritten at random. */
  readonly image: number;
  readonly own: number;
  readonly rewritten: number;
  readonly writesPerSec: number;
  /** When each guest starts. */
  readonly startsSec: readonly number[];
}

interface Curve {
  /** pages_sharing, twice a second. */
  readonly sharing: readonly number[];
  readonly cpuSec: number;
}

const STEP_SEC = 0.5;

/** On one run the cost of a page is fitted, on the other, with other knobs and with writes, the error is judged. */
const FITTED: Script = {
  pages_to_scan: 1000,
  sleep_millisecs: 20,
  seconds: 20,
  image: 12_000,
  own: 6000,
  rewritten: 0,
  writesPerSec: 0,
  startsSec: [0, 0, 8],
};
const JUDGED: Script = {
  pages_to_scan: 400,
  sleep_millisecs: 20,
  seconds: 30,
  image: 6000,
  own: 5000,
  rewritten: 5000,
  writesPerSec: 0.01,
  startsSec: [0, 3, 14],
};

/** Generous: other work on the machine makes ksmd late, and its pages dearer. */
const SAVED_WITHIN = 0.15;
const CPU_WITHIN = 0.5;

it('the simulator foresees the saving over time and the CPU of ksmd on this kernel', async () => {
  const fitted = await onKernel(FITTED);
  let costs: SimCosts = USUAL_COSTS;
  for (let round = 0; round < 3; round++) {
    costs = scaledCosts(costs, fitted.cpuSec / simulated(FITTED, costs).cpuSec);
  }
  const judged = await onKernel(JUDGED);
  const foreseen = simulated(JUDGED, costs);
  const saved = sum(judged.sharing);
  const savedError = (sum(foreseen.sharing) - saved) / saved;
  const fittedError = sum(simulated(FITTED, costs).sharing) / sum(fitted.sharing) - 1;
  const cpuError = foreseen.cpuSec / judged.cpuSec - 1;
  process.stdout.write(
    `simulator against the kernel: costs ${(costs.checksum / USUAL_COSTS.checksum).toFixed(2)} of the usual; saving over time ` +
      `${percent(fittedError)} (fitted run) and ${percent(savedError)} (judged run); ksmd CPU ${percent(cpuError)} ` +
      `(${judged.cpuSec.toFixed(3)} s)\n`,
  );
  expect(saved).toBeGreaterThan(0);
  expect(Math.abs(fittedError)).toBeLessThan(SAVED_WITHIN);
  expect(Math.abs(savedError)).toBeLessThan(SAVED_WITHIN);
  expect(Math.abs(cpuError)).toBeLessThan(CPU_WITHIN);
}, 150_000);

async function onKernel(script: Script): Promise<Curve> {
  writeKnobs({ run: 0 });
  const { pages_to_scan, sleep_millisecs } = script;
  writeKnobs({ smart_scan: 1, use_zero_pages: 0, advisor_mode: 'none', pages_to_scan, sleep_millisecs });
  await using guests = new GuestList();
  const random = chance(1);
  const reader = new KsmdReader();
  const cpuNs = (): number => reader.read(performance.now())?.cpuNs ?? NaN;
  const before = cpuNs();
  writeKnobs({ run: 1 });
  const began = performance.now();
  const sharing: number[] = [];
  for (let step = 0; step * STEP_SEC < script.seconds; step++) {
    for (const atSec of script.startsSec) if (atSec === step * STEP_SEC) await guests.start(script);
    for (const guest of guests.list) {
      for (let page = 0; page < script.rewritten; page++) {
        if (random() < script.writesPerSec * STEP_SEC) await guest.write(2, page, 1);
      }
    }
    await sleep(Math.max(0, began + (step + 1) * STEP_SEC * 1000 - performance.now()));
    sharing.push(readKsm('pages_sharing'));
  }
  writeKnobs({ run: 0 });
  const cpuSec = (cpuNs() - before) / 1e9;
  await guests.stop();
  // What is left of them must not be there when the next run begins.
  writeKnobs({ pages_to_scan: 5000, sleep_millisecs: 4, run: 1 });
  await until('nothing is shared any more', () => readKsm('pages_shared') === 0);
  return { sharing, cpuSec };
}

class GuestList implements AsyncDisposable {
  readonly list: Guest[] = [];

  async start({ image, own, rewritten }: Script): Promise<void> {
    const guest = await Guest.start('sim-calib');
    this.list.push(guest);
    await guest.map(0, image, 'unique', 4711);
    await guest.map(1, own, 'random');
    if (rewritten > 0) await guest.map(2, rewritten, 'unique', 4712);
  }

  async stop(): Promise<void> {
    for (const guest of this.list.splice(0)) await guest[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function simulated(script: Script, costs: SimCosts): Curve {
  const { pages_to_scan, sleep_millisecs, image, own, rewritten, writesPerSec } = script;
  const sim = new HostSim({ costs, knobs: { run: 1, pages_to_scan, sleep_millisecs } });
  sim.defineSet({ name: 'image', contents: image, layout: 'distinct', writesPerSec: 0, mergeable: 1 });
  sim.defineSet({ name: 'own', contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 });
  sim.defineSet({
    name: 'rewritten',
    contents: Math.max(1, rewritten),
    layout: 'distinct',
    writesPerSec,
    mergeable: 1,
    mergeableAfterWrite: 0,
  });
  const sharing: number[] = [];
  let guests = 0;
  for (let step = 0; step * STEP_SEC < script.seconds; step++) {
    for (const atSec of script.startsSec) {
      if (atSec !== step * STEP_SEC) continue;
      guests += 1;
      sim.startGuest(`guest-${guests}`, [
        { set: 'image', pages: image },
        { set: 'own', pages: own },
        ...(rewritten > 0 ? [{ set: 'rewritten', pages: rewritten }] : []),
      ]);
    }
    sim.advance(STEP_SEC);
    sharing.push(sim.observe().pages_sharing);
  }
  return { sharing, cpuSec: sim.cpuSec };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`;
}

/** mulberry32: the same pages on every machine. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
