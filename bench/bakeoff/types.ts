/** The bake-off's words: what a workload, a policy, a cell and a row are. */

/** A scripted load of real processes. One file in workloads/ each; see workloads/all.ts for the list. */
export interface Workload {
  readonly name: string;
  /** One line for tables: what happens. */
  readonly title: string;
  /** Measured window in seconds. */
  readonly seconds: number;
  /** The same for `--quick`. */
  readonly quickSeconds: number;
  /** Starts the processes that exist before the window, and brings KSM to the state the window begins with. */
  prepare(stage: Stage): Promise<Script>;
}

/** What a workload is given. */
export interface Stage {
  /** Equal for all cells of one repeat of a workload: contents, sizes and times follow from it alone. */
  readonly seed: number;
  readonly seconds: number;
  /** Aborted when the run is interrupted: every wait ends, guests are ended by `Script.end`. */
  readonly signal: AbortSignal;
}

/** A workload, prepared. */
export interface Script {
  /** Plays for the length of the window; `elapsed` tells seconds since its start. */
  play(elapsed: () => number): Promise<void>;
  /**
   * MiB that a scanner without delay would save at that second of the window, from the script alone. Constant parts that
   * were merged before the window count as well.
   */
  reachableMib(atSec: number): number;
  /** Second from which t95 is counted, and the second at which its goal `reachableMib` is read. Null: no t95 here. */
  readonly change: { readonly fromSec: number; readonly goalSec: number } | null;
  /** Work that the timed guest did, in arbitrary units per second, to tell how much the guests were slowed down. */
  guestRate(): number | null;
  /** Ends all processes. Never throws; may be called at any time and twice. */
  end(): Promise<void>;
}

/** A way to run KSM. */
export interface Policy {
  /** `off`, `default`, `ksmtuned`, `advisor`, `fixed:1250/10`, ... */
  readonly name: string;
  readonly title: string;
  /** Why it cannot run here (no advisor in this kernel, package not to be had), or undefined. */
  obstacle(): Promise<string | undefined>;
  /** Takes KSM over at the start of the window. `price` is null for all but ksmpilot. */
  start(stage: PolicyStage): Promise<RunningPolicy>;
}

export interface PolicyStage {
  /** GiB per core; null for policies that know no price. */
  readonly price: number | null;
  /** The observing agent of this cell: ksmpilot, started in observe mode for every policy alike. */
  readonly agent: ObserverAgent;
  readonly signal: AbortSignal;
}

/** The agent under which every cell runs. Only the policy `ksmpilot` changes its mode. */
export interface ObserverAgent {
  readonly pid: number;
  /** Runs a ksmpilot command against it and resolves to stdout. */
  ask(...args: string[]): Promise<string>;
}

export interface RunningPolicy {
  /** Ends its processes; the cell puts the knobs back afterwards. Never throws. */
  stop(): Promise<void>;
}

/** One run to be made. */
export interface Cell {
  readonly workload: string;
  readonly policy: string;
  /** 1, 2, 3, ... */
  readonly repeat: number;
  readonly price: number | null;
}

/** One sample of the bench's own observer, relative to the start of the window. */
export interface Tick {
  readonly sec: number;
  /** (pages_sharing + ksm_zero_pages) less what broke since ksmd last looked is not known here: as the kernel counts. */
  readonly savedMib: number;
  readonly ksmdCpuSec: number;
  readonly cowBreaks: number;
}

/** One run as measured. Field names are those of `--json`. */
export interface Row extends Cell {
  readonly window_s: number;
  /** Integral of the saving over the window, GiB times seconds. */
  readonly saved_gib_s: number;
  /** What could have been saved, GiB times seconds: the script's own account. */
  readonly reachable_gib_s: number;
  /** At the end of the window (or at `change.goalSec`). */
  readonly reachable_mib: number;
  readonly ksmd_cpu_s: number;
  /** The observing agent and its bpftrace children. */
  readonly agent_cpu_s: number;
  readonly cow_breaks: number;
  /** CPU seconds per COW break, measured on this machine at the start of the run. */
  readonly cow_break_cost_s: number;
  /** Against the median of `off` of the same workload; null until those rows are there (filled in by the report). */
  readonly guest_slowdown_pct: number | null;
  readonly guest_rate: number | null;
  /** Core-seconds: saved_gib_s / price - ksmd_cpu_s - cow_breaks * cow_break_cost_s. */
  readonly net_4: number;
  readonly net_8: number;
  readonly net_16: number;
  /** Seconds from the change to 95 % of what is reachable; null: never, or no change in this workload. */
  readonly t95_s: number | null;
  /** Highest share of one core that ksmd took over any 10 s of the window, per cent. */
  readonly peak_10s_cpu_pct: number;
  /** ksmd's share of one core over the last third of the window, per cent. */
  readonly tail_cpu_pct: number;
  readonly full_scans: number;
  /** Place in the random order, and when it ran (ISO 8601). */
  readonly order: number;
  readonly at: string;
  /** Load of the machine by others: busy CPU seconds that neither ksmd, agent nor guests account for, per second. */
  readonly foreign_load: number;
  /** Hash of what decides the result: workload and harness sources, and for ksmpilot rows the built tuner as well. */
  readonly build: string;
  readonly kernel: string;
  /** Samples, thinned to at most 120, for the charts. */
  readonly trace: readonly TracePoint[];
}

/** A sample as kept in a row: `savedMib` is at most what was reachable at that moment, the counters begin at 0. */
export interface TracePoint extends Tick {
  readonly reachableMib: number;
}
