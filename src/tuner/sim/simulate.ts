/** Runs one workload under one policy, second by second. */

import { HostSim, type HostOptions, type SimWork } from './host-sim.js';
import type { PolicyStart } from './policy.js';
import { Tally, type Sums } from './tally.js';
import type { Workload, WorkloadEvent } from './workload.js';

export interface SimResult extends Sums {
  readonly policy: string;
  readonly seconds: number;
  readonly fullScans: number;
  readonly cowBreaks: number;
  readonly work: SimWork & { readonly ticks: number };
}

export type SimulateOptions = Pick<HostOptions, 'costs' | 'smartScan' | 'useZeroPages' | 'pageSize' | 'probes'>;

export function simulate(workload: Workload, start: PolicyStart, options: SimulateOptions = {}): SimResult {
  const policy = start();
  const { memTotalBytes, otherBytes, seconds } = workload;
  const { prepare = { seconds: 0, knobs: policy.knobs } } = workload;
  const sim = new HostSim({ ...options, memTotalBytes, otherBytes, knobs: prepare.knobs });
  for (const set of workload.sets) sim.defineSet(set);
  const play = player(workload, sim);
  for (let second = -prepare.seconds; second < 0; second++) {
    play(second);
    policy.watch(sim.observe());
    sim.advance(1);
  }
  sim.knobs = policy.knobs;
  sim.onFullScan = (scan) => {
    sim.knobs = policy.fullScan(scan, sim.knobs);
  };
  const tally = new Tally(sim, options.pageSize ?? 4096, workload);
  const { fullScans, cow } = sim;
  for (let second = 0; second < seconds; second++) {
    play(second);
    const knobs = policy.tick(sim.observe());
    if (!sameKnobs(knobs, sim.knobs)) tally.knobWrites += 1;
    sim.knobs = knobs;
    tally.before();
    sim.advance(1);
    tally.after();
  }
  return {
    policy: policy.name,
    seconds,
    ...tally.sums(),
    fullScans: sim.fullScans - fullScans,
    cowBreaks: Math.round(sim.cow - cow),
    work: { ...sim.work, ticks: seconds },
  };
}

/** Plays what a workload has for each second. */
function player(workload: Workload, sim: HostSim): (second: number) => void {
  let next = 0;
  let preset = false;
  return (second) => {
    for (let event = workload.events[next]; event !== undefined && event.atSec <= second;) {
      apply(sim, event);
      next += 1;
      event = workload.events[next];
    }
    if (preset) return;
    preset = true;
    for (const [set, pages] of Object.entries(workload.presetKsmPages ?? {})) sim.presetKsmPages(set, pages);
  };
}

/** Worth of the saving less ksmd's CPU, in core-seconds at this price. */
export function netCoreSec(result: Pick<SimResult, 'savedGibSec' | 'ksmdCpuSec'>, gibPerCore: number): number {
  return result.savedGibSec / gibPerCore - result.ksmdCpuSec;
}

function apply(sim: HostSim, event: WorkloadEvent): void {
  switch (event.kind) {
    case 'start':
      sim.startGuest(event.guest, event.segments);
      return;
    case 'grow':
      sim.growGuest(event.guest, event.segments);
      return;
    case 'stop':
      sim.stopGuest(event.guest);
      return;
    case 'rate':
      sim.setRate(event.set, event.writesPerSec);
      return;
  }
}

function sameKnobs(a: HostSim['knobs'], b: HostSim['knobs']): boolean {
  return (
    a.run === b.run &&
    a.pages_to_scan === b.pages_to_scan &&
    a.sleep_millisecs === b.sleep_millisecs &&
    a.smart_scan === b.smart_scan
  );
}
