/**
 * The tuner's whole view of the world: what it is told, what it answers, and the ports through which its answer is
 * carried out. Nothing here or beside it does I/O, reads a clock or imports a package.
 */

export type Mode = 'observe' | 'advise' | 'auto';

/** The knobs that the tuner moves. Kernel spelling. */
export interface Knobs {
  /** 0 stopped, 1 scanning. The tuner never asks for 2. */
  readonly run: number;
  readonly pages_to_scan: number;
  readonly sleep_millisecs: number;
  /**
   * 1: pages that did not merge are visited ever more rarely, every ninth full scan in the end. Absent: the kernel has no
   * such file (before 6.7), or the settings leave it alone.
   */
  readonly smart_scan?: number;
}

export type KnobName = keyof Knobs;

/** What the tuner is told at one tick. `null`: this host cannot say. */
export interface Observation {
  /** Monotonic, milliseconds. */
  readonly monoMs: number;
  /** Age of the youngest complete reading, milliseconds. */
  readonly ageMs: number;
  readonly pageSize: number;
  /** Host memory in bytes. */
  readonly memTotalBytes: number | null;
  readonly memAvailableBytes: number | null;
  readonly knobs: Knobs;
  /** `none`, `scan-time`, or null where the kernel has no advisor. */
  readonly advisorMode: string | null;
  readonly pages_shared: number;
  readonly pages_sharing: number;
  readonly pages_unshared: number;
  readonly pages_volatile: number;
  readonly ksm_zero_pages: number | null;
  /** Cumulative counters. */
  readonly pages_scanned: number | null;
  readonly pages_skipped: number | null;
  readonly full_scans: number;
  readonly cow_ksm: number | null;
  readonly ksmdCpuNs: number | null;
  /** Anonymous resident bytes of all processes that offered memory: an upper bound of what is mergeable. */
  readonly mergeableBytes: number | null;
  /**
   * Does the host list processes that offer memory before ksmd has visited any of it (Linux 6.14)? Where it does not, new
   * guests are seen by scanning only. Absent: it does.
   */
  readonly offersVisible?: boolean;
  /** Processes that offered memory. */
  readonly mergeableProcesses: number | null;
  /** Processes that entered KSM since the agent's start; null without probes. */
  readonly entered: number | null;
  /** PSI `some avg10`, per cent. */
  readonly cpuPressurePct: number | null;
  readonly memoryPressurePct: number | null;
  /**
   * How long pages that broke lately (last minutes) had been merged, median seconds, from the probe's merge-lifetime
   * histogram. Absent or null: not known, and one mean lifetime from `cow_ksm` stands in.
   */
  readonly brokenLifetimeSec?: number | null;
  /** Other tuners seen alive on this host, by name. The kernel's advisor is told by `advisorMode`. */
  readonly rivals: readonly string[];
}

export interface TunerSettings {
  /** Price: GiB of memory, held for an hour, that are worth one CPU core for an hour. 0.1 to 1024. */
  readonly gibPerCore: number;
  /** Most ksmd may use, per cent of one core. 1 to 100. */
  readonly maxCpuPct: number;
  /** Shortest full scan, and longest time between two rounds that pay while these cost under 1 % of a core. Seconds. */
  readonly minFullScanSec: number;
  readonly maxFullScanSec: number;
  /** May auto mode switch `run` from 0 to 1? Merging lets tenants learn of each other's memory by timing. */
  readonly mayStart: boolean;
  /** May auto mode switch `run` from 1 to 0 between rounds? Not without `mayStart`: it could not go back. */
  readonly mayStop: boolean;
  /** May auto mode hold `smart_scan` at 0 for the full scans of a round? */
  readonly smartScan: boolean;
}

export type Phase =
  /** Not enough samples yet. */
  | 'learning'
  /** New mergeable memory: two full scans, at the cap once it has settled. */
  | 'burst'
  /** A look: two full scans at the cap on a growing timer, whether anything has become mergeable unseen. */
  | 'probe'
  /** A round: two full scans at the cap that pay by what the last ones found. */
  | 'track'
  /** Between rounds that pay: `run` is 0, or a watch where it may not be. */
  | 'hold'
  /** No time between rounds pays: the same until the next look. */
  | 'stop'
  /** A guard forbids acting; `reason` says which. */
  | 'hands-off'
  /** `pause` was asked for. */
  | 'paused';

export interface KnobChange {
  readonly knob: KnobName;
  readonly from: number;
  readonly to: number;
}

/** An estimate with its own doubt. */
export interface Estimate {
  readonly name: string;
  readonly value: number | null;
  /** One standard deviation or half an interval; null when not known. */
  readonly plusMinus: number | null;
  readonly unit: string;
}

/** What a decision claims will be seen next, and by when. */
export interface Expectation {
  readonly ksmdCpuPct: number | null;
  readonly fullScanSec: number | null;
  readonly savedBytes: number | null;
  /** Monotonic milliseconds by which it should have come true. */
  readonly byMonoMs: number;
}

/** Whether the expectation of an earlier decision came true. */
export interface Outcome {
  readonly ofDecision: number;
  readonly held: boolean;
  /** One sentence with both figures. */
  readonly text: string;
}

export interface Decision {
  /** 1, 2, 3, ... since the agent's start. */
  readonly id: number;
  readonly monoMs: number;
  readonly phase: Phase;
  /** One sentence for an operator: what, why. Never empty. */
  readonly reason: string;
  /** What the knobs should be; null when the tuner has no opinion. */
  readonly wanted: Knobs | null;
  /** Differences from the knobs as observed; empty when nothing is to be done. */
  readonly changes: readonly KnobChange[];
  readonly estimates: readonly Estimate[];
  readonly expectation: Expectation | null;
  readonly outcome: Outcome | null;
}

/** A knob as the kernel has it, and how to change it. Implemented by src/agent/kernel/ksm-writer.ts. */
export interface KnobPort {
  /** Reads the present value. Rejects with a catalogued error when it cannot be read. */
  read(knob: string): number | string;
  /** Writes, reads back, and fails when the kernel kept another value. Never writes a knob it could not read. */
  write(knob: string, value: number | string): void;
}
