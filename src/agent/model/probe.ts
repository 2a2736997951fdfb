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

/** Totals of the COW-break program since the agent's start. */
export interface CowTotals {
  /** Breaks seen and charged to a process; never scaled. */
  readonly attributed: number;
  readonly byUser: number;
  /** Kernel copies into user memory such as read(2). */
  readonly byKernel: number;
  /** KVM guest writes. */
  readonly byGuest: number;
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
  readonly cowBreaks: number;
  readonly zeroBreaks: number;
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
  /** Returns the unsubscribe function. */
  onEvent(listener: (event: ProbeEvent) => void): () => void;
}
