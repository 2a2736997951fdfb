/**
 * What was read, as it was read. Names are the kernel's own and values keep the kernel's units; what this kernel does
 * not have is absent, never 0. Rates, bytes and shares are computed in `derive.ts`, never here.
 */

/** `unavailable`: this host does not have it (ENOENT, no such feature). `failed`: it is there and could not be read. */
export type SourceState = 'ok' | 'unavailable' | 'failed';

/** How one source (a reader or a probe) fared in one sample. */
export interface SourceReport {
  readonly name: string;
  readonly state: SourceState;
  /** Cause and, where there is one, cure. Absent when `ok`. */
  readonly detail?: string;
  /** Wall time spent on this source, in milliseconds. */
  readonly durationMs: number;
}

/**
 * /sys/kernel/mm/ksm, one field per file (Documentation/admin-guide/mm/ksm.rst). Every file is optional: which ones
 * exist depends on the kernel release. Counts are pages unless said otherwise.
 */
export interface KsmSysfs {
  /** 0 stopped, 1 running, 2 unmerge everything. */
  readonly run?: number;
  /** Pages per batch. */
  readonly pages_to_scan?: number;
  /** Milliseconds between two batches. */
  readonly sleep_millisecs?: number;
  readonly merge_across_nodes?: number;
  readonly use_zero_pages?: number;
  readonly max_page_sharing?: number;
  readonly stable_node_chains_prune_millisecs?: number;
  readonly smart_scan?: number;
  /** The selected word of `[none] scan-time`. */
  readonly advisor_mode?: string;
  /** Per cent of one core. */
  readonly advisor_max_cpu?: number;
  readonly advisor_min_pages_to_scan?: number;
  readonly advisor_max_pages_to_scan?: number;
  /** Seconds. */
  readonly advisor_target_scan_time?: number;
  readonly pages_shared?: number;
  readonly pages_sharing?: number;
  readonly pages_unshared?: number;
  /** With `smart_scan` on, mostly skipped pages. */
  readonly pages_volatile?: number;
  /** Cumulative. */
  readonly pages_scanned?: number;
  /** Cumulative; skipped by `smart_scan`, not counted in `pages_scanned`. */
  readonly pages_skipped?: number;
  /** Cumulative; `run=2` resets it. */
  readonly full_scans?: number;
  readonly ksm_zero_pages?: number;
  readonly stable_node_chains?: number;
  readonly stable_node_dups?: number;
  /** Bytes; signed. */
  readonly general_profit?: number;
}

/** The KSM lines of /proc/vmstat, in pages, and its count of page faults; cumulative since boot. */
export interface Vmstat {
  /** COW breaks of KSM pages, unmerges included, zero-page breaks not (5.19+). */
  readonly cow_ksm?: number;
  readonly ksm_swpin_copy?: number;
  /** Page faults of all processes, minor and major. */
  readonly pgfault?: number;
}

/** /proc/meminfo, in kB as the kernel prints it. */
export interface Meminfo {
  readonly MemTotal?: number;
  readonly MemFree?: number;
  readonly MemAvailable?: number;
  readonly SwapTotal?: number;
  readonly SwapFree?: number;
  readonly AnonPages?: number;
}

/** One line of a /proc/pressure file: averages in per cent, `total` in microseconds. */
export interface PsiLine {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly total: number;
}

/** A /proc/pressure file (Documentation/accounting/psi.rst). */
export interface Psi {
  readonly some?: PsiLine;
  readonly full?: PsiLine;
}

/** The kernel thread that scans. */
export interface Ksmd {
  readonly pid: number;
  /** CPU time since boot in nanoseconds: field 1 of /proc/PID/schedstat. */
  readonly cpuNs: number;
}

/** One process with KSM bookkeeping (anything in its KSM files, or known to have entered KSM). */
export interface ProcessRaw {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks after boot: with `pid` it names one process for good. */
  readonly startTicks: number;
  readonly comm: string;
  /** Anonymous resident pages: resident minus shared of /proc/PID/statm, the `RssAnon` of /proc/PID/status. */
  readonly rssAnonPages?: number;
  /** /proc/PID/ksm_merging_pages: mappings of KSM pages, shared ones included. */
  readonly ksm_merging_pages?: number;
  /** The rest is /proc/PID/ksm_stat (mode 0400). */
  readonly ksm_rmap_items?: number;
  readonly ksm_zero_pages?: number;
  /** Bytes; signed. */
  readonly ksm_process_profit?: number;
  /** prctl(PR_SET_MEMORY_MERGE) is on. */
  readonly ksm_merge_any?: boolean;
  /** Some area of the process is mergeable. */
  readonly ksm_mergeable?: boolean;
}

/** Everything read from this host at one instant. */
export interface Sample {
  /** 0, 1, 2, ... since the agent's start. */
  readonly seq: number;
  /** Wall clock, milliseconds since the epoch: for people and charts. */
  readonly timeMs: number;
  /** Monotonic clock, milliseconds: for rates. */
  readonly monoMs: number;
  readonly ksm?: KsmSysfs;
  readonly vmstat?: Vmstat;
  readonly meminfo?: Meminfo;
  readonly psiCpu?: Psi;
  readonly psiMemory?: Psi;
  readonly ksmd?: Ksmd;
  /** This kernel says of each process whether it offers memory (`ksm_mergeable`, 6.14); absent: nobody looked. */
  readonly seesOffers?: boolean;
  readonly processes: readonly ProcessRaw[];
  readonly sources: readonly SourceReport[];
}
