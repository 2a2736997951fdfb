/**
 * What the BPF programs tell, after parsing: totals since the agent's start (bpftrace restarts are folded in), and the
 * few events that are worth a line each.
 */

/** A probe's life, as shown by every view. */
export type ProbePhase = 'off' | 'starting' | 'running' | 'backoff' | 'failed' | 'unavailable';

export interface ProbeState {
  /** `scanner`, `cow`: the stem of the program in bpf/. */
  readonly name: string;
  readonly state: ProbePhase;
  /** What is wrong, what still works, and the cure; or start-up time and variant when running. */
  readonly detail: string;
  /** From exec to the first frame, in milliseconds; absent until then. */
  readonly startupMs?: number;
  /** bpftrace restarts since the agent's start. */
  readonly restarts: number;
}

/** One completed walk over all mergeable memory (ksm:ksm_start_scan to ksm:ksm_stop_scan). */
export interface FullScan {
  /** The kernel's own sequence number. */
  readonly seq: number;
  readonly durationUs: number;
  /** ksmd's CPU time in it. */
  readonly cpuUs: number;
  /** rmap items at its end. */
  readonly rmapItems: number;
  /** First page of a new pair: a new KSM page. */
  readonly mergesNew: number;
  /** Mapped to an existing KSM page. */
  readonly mergesInto: number;
  /** Mapped to the zero page. */
  readonly mergesZero: number;
  readonly failures: number;
  /** rmap items removed. */
  readonly removals: number;
}

/** Totals of the scanner program since the agent's start. */
export interface ScannerTotals {
  readonly fullScans: number;
  /** Of these, scans that got no `FullScan` event because more than ten ended in that second. */
  readonly unlistedScans?: number;
  readonly mergesNew: number;
  readonly mergesInto: number;
  readonly mergesZero: number;
  /** By errno name, e.g. `EFAULT` (the kernel's catch-all for a merge that failed). */
  readonly failures: Readonly<Record<string, number>>;
  readonly removedRmapItems: number;
  readonly removedKsmPages: number;
  readonly entered: number;
  readonly exited: number;
  readonly lastScan?: FullScan;
}

/** One bar of a histogram: lowerMs <= t < upperMs (null: no upper bound). */
export interface HistogramBucket {
  readonly lowerMs: number;
  readonly upperMs: number | null;
  readonly count: number;
}

/**
 * How COW breaks are charged to processes, best first. `fentry`, `kprobe`: at the entry of do_wp_page, which ordinary
 * faults never reach. `tracepoint`: at the start of page faults, with a page-table walk; taxes every page fault.
 */
export type CowTier = 'fentry' | 'kprobe' | 'tracepoint';

/** One bar of the service-time histogram: lowerNs <= t < upperNs (null: no upper bound). */
export interface ServiceBucket {
  readonly lowerNs: number;
  readonly upperNs: number | null;
  readonly count: number;
}

/** How long the kernel takes to break a KSM page, as far as breaks were timed (never scaled). */
export interface ServiceTime {
  /**
   * `fentry`, `kretprobe`: from entry to return of do_wp_page. `minor-fault`: from the page-fault tracepoint to the
   * kernel's minor-fault software event, in short bursts.
   */
  readonly by: 'fentry' | 'kretprobe' | 'minor-fault';
  readonly buckets: readonly ServiceBucket[];
}

/** The taxing programs run in windows; what happens between them is charged in proportion. */
export interface DutyCycle {
  /** Is a window open now? */
  readonly open: boolean;
  /** Windows that delivered counts, since the agent's start. */
  readonly windows: number;
  /** Of the growth of cow_ksm since the agent's start, the part that fell into windows, 0 to 1; absent: no growth. */
  readonly coverage?: number;
  /** Long-run cost, cores: CPU of the windows' bpftrace plus the tax on page faults, over the agent's lifetime. */
  readonly costCores: number;
  /** Seconds until the budget allows the next window; 0: it waits for breaks that are worth one. */
  readonly nextInSec?: number;
}

/** Totals of the COW-break program since the agent's start. */
export interface CowTotals {
  readonly tier: CowTier;
  /** Breaks counted one by one and charged to a process; never scaled. The kinds below sum to it. */
  readonly attributed: number;
  /**
   * With a duty cycle: breaks between windows, beside `attributed`, charged to processes in proportion to the windows
   * around them; whole numbers, `attributed + estimated <= cow_ksm's growth`. Absent: nothing is scaled.
   */
  readonly estimated?: number;
  readonly byUser: number;
  /** Kernel copies into user memory such as read(2). */
  readonly byKernel: number;
  /** KVM guest writes. */
  readonly byGuest: number;
  /** Through another process (process_vm_writev, ptrace, VFIO). Absent here and below: this tier cannot see it. */
  readonly byRemote?: number;
  /** By MADV_UNMERGEABLE, run=2 and ksmd itself (break_ksm). */
  readonly byUnmerge?: number;
  /** Pages taken for writing without a fault: O_DIRECT, io_uring's fixed buffers, MADV_POPULATE_WRITE. */
  readonly byPin?: number;
  /** Absent: the programs run all the time (`probes.exact`, or a tier that taxes nobody). */
  readonly duty?: DutyCycle;
  /** Absent where this kernel cannot tell, or nothing was timed yet. */
  readonly serviceTime?: ServiceTime;
  /** Breaks of KSM-placed zero pages; not part of `cow_ksm`, so not of `attributed`. */
  readonly zero: number;
  /**
   * `cow_ksm` as read right after the frame these totals come from, so that `cow_ksm - attributed` compares like with
   * like. Absent where vmstat has no such line.
   */
  readonly cow_ksm?: number;
  readonly mergeLifetime: readonly HistogramBucket[];
  /** One merged page in this many is timed. 1: all. */
  readonly lifetimeSampledOneIn: number;
}

/** Probe totals of one process since the agent's start. */
export interface ProcessProbeTotals {
  readonly pid: number;
  /** As the kernel knew it at the event: stays when the process has gone. */
  readonly comm?: string;
  readonly merges: number;
  readonly zeroMerges: number;
  /** Charged: counted ones, plus the estimate for the time between windows. Whole numbers. */
  readonly cowBreaks: number;
  /** Of `cowBreaks`, those counted one by one; absent: all of them. */
  readonly cowBreaksSeen?: number;
  readonly zeroBreaks: number;
}

/**
 * Merges that ended, counted by their age then: bar 0 below one millisecond, bar n from 2^(n-1) to 2^n milliseconds, the
 * last one all from 2^34 (199 days) on. As long as BARS of lifetime.ts says; never changed in place.
 */
export type LifetimeBars = readonly number[];

/** Merge lifetimes of single processes, as far as breaks were timed. */
export interface ProcessLifetimes {
  /** Another one: all counts began anew, and do not compare with those before. */
  readonly series: string;
  /**
   * By pid, cumulative over all processes that had it; 0: those that were too many to be told apart. Not of all that
   * ever broke a page: who is longest idle goes first.
   */
  readonly byPid: ReadonlyMap<number, LifetimeBars>;
}

export interface ProbeSnapshot {
  /** Absent until the first frame of that program. */
  readonly scanner?: ScannerTotals;
  readonly cow?: CowTotals;
  readonly processes: readonly ProcessProbeTotals[];
  /** Events that bpftrace says it lost. Maps lose none; only lines (full scans, enter, exit) can be lost. */
  readonly lostEvents: number;
  /** Lines of bpftrace that were not understood: a defect of ours or of a bpftrace release. */
  readonly unparsedLines?: number;
  readonly states: readonly ProbeState[];
  /** Absent where bpftrace was not found or not looked for yet. */
  readonly bpftraceVersion?: string;
}

export type ProbeEvent =
  | { readonly kind: 'full-scan'; readonly scan: FullScan }
  | { readonly kind: 'entered'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'exited'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'probe-state'; readonly probe: ProbeState };

/** What the agent needs of the probes; implemented in src/agent/probes/hub.ts. */
export interface ProbeSource {
  /** Resolves once every program runs or has been given up for now; never rejects for a host that lacks something. */
  start(): Promise<void>;
  /** Ends bpftrace with SIGTERM, then SIGKILL; folds in the final counts. */
  stop(): Promise<void>;
  snapshot(): ProbeSnapshot;
  /** Not a part of the snapshot, which the history keeps. undefined: no program that times breaks has told anything. */
  lifetimes(): ProcessLifetimes | undefined;
  /** Returns the unsubscribe function. */
  onEvent(listener: (event: ProbeEvent) => void): () => void;
}
