import { describe, expect, test } from 'vitest';
import { DEFAULT_TUNER_SETTINGS } from '../../../../src/tuner/settings.js';
import type { HistorySample, HostHistory } from '../../../../src/tuner/sim/history.js';
import { HostSim } from '../../../../src/tuner/sim/host-sim.js';
import { policyNamed } from '../../../../src/tuner/sim/named-policies.js';
import { starter } from '../../../../src/tuner/sim/policy.js';
import { reconstruct, type Reconstruction } from '../../../../src/tuner/sim/reconstruct.js';
import { simulate, type SimResult } from '../../../../src/tuner/sim/simulate.js';

const GIB = 2 ** 30;

/** A record of a host that we know: two guests of one image, a third later, a part of it rewritten. */
function record(options: { readonly run: number; readonly fromSec?: number; readonly tables?: boolean }): HostHistory {
  const { run, fromSec = 0, tables = true } = options;
  const knobs = { run, pages_to_scan: 1500, sleep_millisecs: 20 };
  const sim = new HostSim({ knobs, memTotalBytes: 8 * GIB });
  sim.defineSet({ name: 'image', contents: 60_000, layout: 'distinct', writesPerSec: 0, mergeable: 1 });
  sim.defineSet({ name: 'busy', contents: 3000, layout: 'random', writesPerSec: 1 / 120, mergeable: 1 });
  sim.defineSet({ name: 'own', contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 });
  const guest = [
    { set: 'image', pages: 60_000 },
    { set: 'busy', pages: 10_000 },
    { set: 'own', pages: 50_000 },
  ];
  sim.startGuest('a', guest);
  sim.startGuest('b', guest);
  const samples: HistorySample[] = [];
  let cpuSec = 0;
  for (let second = 0; second < 600; second++) {
    if (second === 200) sim.startGuest('c', guest);
    sim.advance(1);
    const o = sim.observe();
    const share = sim.cpuSec - cpuSec;
    cpuSec = sim.cpuSec;
    if (second < fromSec) continue;
    samples.push({
      atSec: second - fromSec,
      knobs,
      shared: o.pages_shared,
      sharing: o.pages_sharing,
      unshared: o.pages_unshared,
      volatile: o.pages_volatile,
      zero: 0,
      offered: tables ? (o.mergeableBytes ?? 0) / o.pageSize : null,
      cpuShare: share,
      breaks: o.cow_ksm,
      merges: null,
      brokenLifetimeSec: o.brokenLifetimeSec ?? null,
    });
  }
  return { pageSize: 4096, memTotalBytes: 8 * GIB, smartScan: true, useZeroPages: false, samples };
}

function under(name: string, model: Reconstruction): SimResult {
  const start = policyNamed(name, DEFAULT_TUNER_SETTINGS);
  if (start === undefined) throw new Error(name);
  return simulate(model.workload, start, model);
}

describe('a record of a known host', () => {
  test('replayed under its own knobs it comes out as it was', () => {
    const { fit } = reconstruct(record({ run: 1 }), { cold: false });
    expect(Math.abs(fit.savedError ?? 1)).toBeLessThan(0.15);
    expect(Math.abs(fit.cpuError ?? 1)).toBeLessThan(0.05);
    // The record was made at the usual costs.
    expect(fit.costFactor).toBeGreaterThan(0.6);
    expect(fit.costFactor).toBeLessThan(1.6);
  });

  test('a record that begins when all is merged begins so, and cold it does not', () => {
    const history = record({ run: 1, fromSec: 400 });
    const warm = reconstruct(history, { cold: false });
    expect(Math.abs(warm.fit.savedError ?? 1)).toBeLessThan(0.1);
    expect(under('off', warm).savedGibSec).toBeGreaterThan(0);
    const cold = reconstruct(history, { cold: true });
    expect(under('off', cold).savedGibSec).toBe(0);
    const again = under('fixed:5000/10', cold);
    expect(again.endSavedBytes).toBeGreaterThan(0.8 * under('off', warm).endSavedBytes);
  });

  test('KSM stopped all the time: nothing is known to merge, and that is said', () => {
    const model = reconstruct(record({ run: 0 }), { cold: false });
    expect(under('fixed:5000/10', model).savedGibSec).toBe(0);
    expect(model.fit).toMatchObject({ savedError: null, cpuError: null });
    expect(model.unknowns.join(' ')).toContain('KSM was stopped in 100 % of the record');
  });

  test('without process tables growth shows late, and that is said', () => {
    const model = reconstruct(record({ run: 1, tables: false }), { cold: false });
    expect(Math.abs(model.fit.savedError ?? 1)).toBeLessThan(0.3);
    expect(model.unknowns.join(' ')).toContain('no process tables');
  });

  test('"as recorded" sets the knobs of each moment', () => {
    const history = record({ run: 1 });
    const samples = history.samples.map((one) =>
      one.atSec < 300 ? one : { ...one, knobs: { run: 0, pages_to_scan: 7, sleep_millisecs: 9 } },
    );
    const run = starter(reconstruct({ ...history, samples }, { cold: false }).recorded)();
    const observation = new HostSim().observe();
    expect(run.tick({ ...observation, monoMs: 299_000 }).pages_to_scan).toBe(1500);
    expect(run.tick({ ...observation, monoMs: 300_000 })).toEqual({ run: 0, pages_to_scan: 7, sleep_millisecs: 9 });
  });
});
