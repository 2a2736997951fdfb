/** Runs one workload under one policy, second by second, and adds up what it brought and what it cost. */

import { HostSim, type HostOptions, type SimWork } from './host-sim.js';
import type { PolicyStart } from './policy.js';
import type { Workload, WorkloadEvent } from './workload.js';

const GIB = 2 ** 30;

/** Part of the reachable saving that counts as "there". */
const NEARLY_ALL = 0.95;

/** Points kept of each curve, whatever the length of the run. */
const MAX_POINTS = 240;

export interface SimPoint {
  readonly atSec: number;
  readonly savedBytes: number;
  readonly ksmdCpuSec: number;
}

export interface SimResult {
  readonly policy: string;
  readonly seconds: number;
  /** Integral of what is really saved. */
  readonly savedGibSec: number;
  readonly ksmdCpuSec: number;
  /** Most that could have been saved at one moment, bytes. */
  readonly reachableBytes: number;
  readonly endSavedBytes: number;
  /** Seconds from the start until 95 % of `reachableBytes` were saved; null: never. */
  readonly t95Sec: number | null;
  readonly fullScans: number;
  readonly cowBreaks: number;
  readonly knobWrites: number;
  /** Highest mean of ksmd's CPU over ten seconds, per cent of one core. */
  readonly worstCpuPct: number;
  readonly points: readonly SimPoint[];
  readonly work: SimWork & { readonly ticks: number };
}

export type SimulateOptions = Pick<HostOptions, 'costs' | 'smartScan' | 'useZeroPages' | 'pageSize' | 'probes'>;

export function simulate(workload: Workload, start: PolicyStart, options: SimulateOptions = {}): SimResult {
  const policy = start();
  const { memTotalBytes, otherBytes } = workload;
  const sim = new HostSim({ ...options, memTotalBytes, otherBytes, knobs: policy.knobs });
  sim.onFullScan = (scan) => {
    sim.knobs = policy.fullScan(scan, sim.knobs);
  };
  for (const set of workload.sets) sim.defineSet(set);
  const toBytes = options.pageSize ?? 4096;
  const tally = new Tally(Math.ceil(workload.seconds / MAX_POINTS));
  let nextEvent = 0;
  for (let second = 0; second < workload.seconds; second++) {
    for (let event = workload.events[nextEvent]; event !== undefined && event.atSec <= second;) {
      apply(sim, event);
      nextEvent += 1;
      event = workload.events[nextEvent];
    }
    if (second === 0) {
      for (const [set, pages] of Object.entries(workload.presetKsmPages ?? {})) sim.presetKsmPages(set, pages);
    }
    const knobs = policy.tick(sim.observe());
    if (!sameKnobs(knobs, sim.knobs)) tally.knobWrites += 1;
    sim.knobs = knobs;
    const before = sim.savedPages * toBytes;
    sim.advance(1);
    tally.second(before, sim.savedPages * toBytes, sim.reachablePages * toBytes, sim.cpuSec);
  }
  return {
    policy: policy.name,
    seconds: workload.seconds,
    savedGibSec: tally.savedByteSec / GIB,
    ksmdCpuSec: sim.cpuSec,
    reachableBytes: tally.reachableBytes,
    endSavedBytes: sim.savedPages * toBytes,
    t95Sec: tally.t95(),
    fullScans: sim.fullScans,
    cowBreaks: Math.round(sim.cow),
    knobWrites: tally.knobWrites,
    worstCpuPct: tally.worstCpuSec * 10,
    points: tally.points,
    work: { ...sim.work, ticks: workload.seconds },
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
  return a.run === b.run && a.pages_to_scan === b.pages_to_scan && a.sleep_millisecs === b.sleep_millisecs;
}

/** Sums and curves of a run; of bounded size. */
class Tally {
  savedByteSec = 0;
  reachableBytes = 0;
  knobWrites = 0;
  worstCpuSec = 0;
  readonly points: SimPoint[] = [];
  /** By second: too many to keep for a day, so only rises of the best so far. */
  private readonly rises: { readonly atSec: number; readonly bytes: number }[] = [];
  private seconds = 0;
  /** ksmd's CPU ten seconds ago and since. */
  private readonly cpu: number[] = [0];

  constructor(private readonly everySec: number) {}

  second(before: number, after: number, reachable: number, cpuSec: number): void {
    this.seconds += 1;
    this.savedByteSec += (before + after) / 2;
    this.reachableBytes = Math.max(this.reachableBytes, reachable);
    this.cpu.push(cpuSec);
    if (this.cpu.length > 11) this.cpu.shift();
    if (this.cpu.length === 11) this.worstCpuSec = Math.max(this.worstCpuSec, cpuSec - (this.cpu[0] ?? 0));
    const best = this.rises.at(-1)?.bytes ?? 0;
    // Steps of a tenth of a per cent: some thousands at most.
    if (after > best * 1.001 + 4096) this.rises.push({ atSec: this.seconds, bytes: after });
    if (this.seconds % Math.max(1, this.everySec) === 0) {
      this.points.push({ atSec: this.seconds, savedBytes: after, ksmdCpuSec: cpuSec });
    }
  }

  t95(): number | null {
    if (this.reachableBytes <= 0) return null;
    return this.rises.find(({ bytes }) => bytes >= NEARLY_ALL * this.reachableBytes)?.atSec ?? null;
  }
}
