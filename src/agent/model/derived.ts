/** What ksmpilot computes from samples: names carry their unit. null: not known on this host or not yet. */

import type { ProbeSnapshot } from './probe.js';
import type { Sample } from './raw.js';

/** Where mergeable memory stands, in bytes. */
export interface MemoryByState {
  readonly sharedBytes: number;
  readonly sharingBytes: number;
  readonly unsharedBytes: number;
  /** With smart_scan on, mostly pages skipped this time. */
  readonly volatileBytes: number;
  readonly zeroBytes: number | null;
}

export interface Derived {
  readonly seq: number;
  readonly timeMs: number;
  /** (pages_sharing + ksm_zero_pages) x page size. */
  readonly savedBytes: number | null;
  /** Saved minus rmap items, as the kernel says (`general_profit`) or 64 bytes per known rmap item; signed. */
  readonly profitBytes: number | null;
  readonly memory: MemoryByState | null;
  /** Per cent of one core, over the last interval. */
  readonly ksmdCpuPct: number | null;
  readonly scanPagesPerSec: number | null;
  readonly skippedPagesPerSec: number | null;
  readonly mergesPerSec: number | null;
  readonly cowBreaksPerSec: number | null;
  /** Totals since the agent's start. */
  readonly mergesTotal: number | null;
  readonly cowBreaksTotal: number | null;
  readonly cowBreaksAttributedTotal: number | null;
  /** cow_ksm's change less the two beside it: writers that the tier cannot see, and before the probe ran. */
  readonly cowBreaksUnattributedTotal: number | null;
  /** Breaks between windows, charged in proportion to the windows; null while nothing is scaled. */
  readonly cowBreaksEstimatedTotal: number | null;
  readonly zeroBreaksTotal: number | null;
  readonly fullScansTotal: number | null;
  /**
   * What the saving is worth less what ksmd costs, in cores at the operator's price:
   * savedGiB / gibPerCore - ksmdCpuPct / 100.
   */
  readonly netCores: number | null;
  readonly memAvailableBytes: number | null;
  readonly cpuPressurePct: number | null;
  readonly memoryPressurePct: number | null;
  /** What the host would have to hold anew if everything unmerged at once (risk.ts). */
  readonly unmergeNeededBytes: number | null;
  /** What it has for that: MemAvailable less a margin. */
  readonly unmergeUsableBytes: number | null;
  /** Anonymous resident memory of the processes that have to do with KSM: kept where the table itself is not. */
  readonly offeredBytes: number | null;
  readonly processes: readonly ProcessRow[];
}

/** One row of the process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly comm: string;
  /** merging_pages scaled by sharing / (sharing + shared), plus zero pages, in bytes. */
  readonly savedBytes: number | null;
  readonly mergingPages: number | null;
  readonly zeroPages: number | null;
  readonly rmapItems: number | null;
  /** Signed. */
  readonly profitBytes: number | null;
  /** Resident anonymous bytes. */
  readonly anonBytes: number | null;
  /** Since the agent's start; null while no program counts them. */
  readonly mergesTotal: number | null;
  /** Counted ones, and the estimate for the time between windows. */
  readonly cowBreaksTotal: number | null;
  /** Of these, the counted ones. */
  readonly cowBreaksSeen: number | null;
  readonly zeroBreaksTotal: number | null;
  /** Ended processes stay listed for a minute. */
  readonly ended: boolean;
}

/** One entry of the store: all that is known of one instant. */
export interface Point {
  readonly sample: Sample;
  readonly probes: ProbeSnapshot;
  readonly derived: Derived;
}
