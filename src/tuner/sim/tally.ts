/** What a run brought and what it cost: sums and curves of bounded size. */

import type { HostSim } from './host-sim.js';
import type { Workload } from './workload.js';

const GIB = 2 ** 30;

/** Part of the reachable saving that counts as "there". */
const NEARLY_ALL = 0.95;

/** Points kept of each curve, whatever the length of the run. */
const MAX_POINTS = 240;

/** Seconds that the worst CPU is a mean over, as the cap is judged. */
const WINDOW_SEC = 10;

export interface SimPoint {
  readonly atSec: number;
  readonly savedBytes: number;
  readonly ksmdCpuSec: number;
}

export interface Sums {
  /** Integral of what is really saved. */
  readonly savedGibSec: number;
  readonly ksmdCpuSec: number;
  /** Most that could have been saved at one moment, bytes. */
  readonly reachableBytes: number;
  readonly endSavedBytes: number;
  /** Seconds from the workload's change until 95 % of `reachableBytes` were saved; null: never. */
  readonly t95Sec: number | null;
  readonly knobWrites: number;
  /** Highest mean of ksmd's CPU over ten seconds, per cent of one core. */
  readonly worstCpuPct: number;
  /** ksmd's mean CPU over the last third, per cent of one core. */
  readonly tailCpuPct: number;
  readonly points: readonly SimPoint[];
}

/** Begins where the host is when it is made. */
export class Tally {
  knobWrites = 0;
  private savedByteSec = 0;
  private reachableBytes = 0;
  private worstCpuSec = 0;
  private tailFromSec = 0;
  private tailFromCpu = 0;
  private readonly points: SimPoint[] = [];
  /** Since the change; by second they are too many to keep for a day, so only rises of the best so far. */
  private readonly rises: { readonly atSec: number; readonly bytes: number }[] = [];
  private seconds = 0;
  private savedBefore = 0;
  private readonly cpuBefore: number;
  /** ksmd's CPU ten seconds ago and since. */
  private readonly cpu: number[] = [0];

  constructor(
    private readonly sim: HostSim,
    private readonly pageSize: number,
    private readonly workload: Pick<Workload, 'seconds' | 'changeSec'>,
  ) {
    this.cpuBefore = sim.cpuSec;
  }

  /** Before each second. */
  before(): void {
    this.savedBefore = this.savedBytes;
  }

  /** After each second. */
  after(): void {
    const saved = this.savedBytes;
    const { cpuSec } = this;
    const { seconds: all, changeSec = 0 } = this.workload;
    this.seconds += 1;
    this.savedByteSec += (this.savedBefore + saved) / 2;
    this.reachableBytes = Math.max(this.reachableBytes, this.sim.reachablePages * this.pageSize);
    this.cpu.push(cpuSec);
    if (this.cpu.length > WINDOW_SEC + 1) this.cpu.shift();
    if (this.cpu.length === WINDOW_SEC + 1) this.worstCpuSec = Math.max(this.worstCpuSec, cpuSec - (this.cpu[0] ?? 0));
    if (this.seconds <= (all * 2) / 3) {
      this.tailFromSec = this.seconds;
      this.tailFromCpu = cpuSec;
    }
    const best = this.rises.at(-1)?.bytes ?? 0;
    // Steps of a tenth of a per cent: some thousands at most.
    if (this.seconds > changeSec && saved > best * 1.001 + this.pageSize) {
      this.rises.push({ atSec: this.seconds - changeSec, bytes: saved });
    }
    if (this.seconds % Math.max(1, Math.ceil(all / MAX_POINTS)) === 0) {
      this.points.push({ atSec: this.seconds, savedBytes: saved, ksmdCpuSec: cpuSec });
    }
  }

  sums(): Sums {
    const tailSec = this.seconds - this.tailFromSec;
    return {
      savedGibSec: this.savedByteSec / GIB,
      ksmdCpuSec: this.cpuSec,
      reachableBytes: this.reachableBytes,
      endSavedBytes: this.savedBytes,
      t95Sec: this.t95(),
      knobWrites: this.knobWrites,
      worstCpuPct: (100 * this.worstCpuSec) / WINDOW_SEC,
      tailCpuPct: tailSec > 0 ? (100 * (this.cpuSec - this.tailFromCpu)) / tailSec : 0,
      points: this.points,
    };
  }

  private get savedBytes(): number {
    return this.sim.savedPages * this.pageSize;
  }

  private get cpuSec(): number {
    return this.sim.cpuSec - this.cpuBefore;
  }

  private t95(): number | null {
    if (this.reachableBytes <= 0) return null;
    return this.rises.find(({ bytes }) => bytes >= NEARLY_ALL * this.reachableBytes)?.atSec ?? null;
  }
}
