/** What the program in the guest tells the tests on the host: one JSON object a line on its stdout. */

import type { CowTotals, ProbeState, ScannerTotals } from '../../../src/agent/model/probe.js';

/**
 * What a round finds: `kprobe`, `tracepoint`: the better tiers are refused, as a kernel without them would. `muted`:
 * fentry and kprobes attach and never fire, because the kernel's function tracer is switched off.
 */
export const ROUNDS = ['best', 'kprobe', 'tracepoint'] as const;
export type Round = (typeof ROUNDS)[number] | 'muted';

/** Growth of the COW totals and of `cow_ksm` while a workload ran. */
export type CowGrowth = Record<
  'attributed' | 'byUser' | 'byKernel' | 'byGuest' | 'byRemote' | 'byUnmerge' | 'byPin' | 'zero' | 'cow_ksm',
  number
>;

export type ScannerGrowth = Pick<ScannerTotals, 'fullScans' | 'mergesNew' | 'mergesInto' | 'entered' | 'exited'>;

export interface RoundReport {
  readonly round: (typeof ROUNDS)[number];
  readonly cowTier: CowTotals['tier'];
  readonly states: readonly ProbeState[];
  /** Every way to break a page, each with its own count. */
  readonly breaks: {
    readonly growth: CowGrowth;
    /** Charged to the first process, to its fork child, to the second process. */
    readonly first: number;
    readonly child: number;
    readonly second: number;
    /** Breaks of pages whose merge was seen. */
    readonly lifetimes: number;
    /** Breaks that were timed; 0 where the tier times none. */
    readonly serviceTimes: number;
  };
  /** `run=2` unmerges everything. */
  readonly stop: CowGrowth;
  /** undefined: this kernel does not count zero pages that KSM placed. */
  readonly zeroPages: { readonly growth: CowGrowth; readonly merges: number; readonly charged: number } | undefined;
  /** Writes of a KVM guest, and of its process; undefined: no /dev/kvm. */
  readonly machine: { readonly growth: CowGrowth; readonly charged: number } | undefined;
  readonly scanner: ScannerGrowth & {
    /** `full_scans`, `pages_shared` and `pages_sharing` over the same time. */
    readonly kernel: { readonly fullScans: number; readonly shared: number; readonly sharing: number };
    readonly mergesOfFirst: number;
  };
  readonly bpftraceVersion: string | undefined;
  readonly lostEvents: number;
  readonly unparsedLines: number;
  readonly seconds: number;
}

export interface GuestFacts {
  readonly release: string;
  readonly pagingLevels: 4 | 5;
}

/** A round in which tiers attach and see nothing. */
export interface MutedReport {
  /** The tier that served in the end. */
  readonly cowTier: CowTotals['tier'] | undefined;
  readonly detail: string;
  /** What it then counted. */
  readonly growth: CowGrowth;
}

export type Line =
  | { readonly facts: GuestFacts }
  | { readonly round: RoundReport }
  | { readonly muted: MutedReport }
  | { readonly failed: Round; readonly why: string };
