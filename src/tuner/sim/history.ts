/** What a record tells of a host over time: input of reconstruct.ts. `null`: the host could not say. */

import type { Knobs } from '../types.js';

export interface HistorySample {
  /** Seconds since the record's first sample. */
  readonly atSec: number;
  readonly knobs: Knobs;
  readonly shared: number;
  readonly sharing: number;
  readonly unshared: number;
  readonly volatile: number;
  readonly zero: number;
  /** Anonymous pages of the processes that offer memory. */
  readonly offered: number | null;
  /** ksmd's CPU over the interval before, as a share of one core. */
  readonly cpuShare: number | null;
  /** Since the agent's start. */
  readonly breaks: number | null;
  readonly merges: number | null;
  /** Median age of merges that broke, seconds. */
  readonly brokenLifetimeSec: number | null;
}

export interface HostHistory {
  readonly pageSize: number;
  readonly memTotalBytes: number;
  readonly smartScan: boolean;
  readonly useZeroPages: boolean;
  /** By time; at least two. */
  readonly samples: readonly HistorySample[];
}

/** Pages that ksmd knows (rmap items) and zero pages it placed. */
export function knownAt(sample: HistorySample): number {
  return sample.shared + sample.sharing + sample.unshared + sample.volatile + sample.zero;
}

/** Pages saved, as the kernel counts. */
export function savedAt(sample: HistorySample): number {
  return sample.sharing + sample.zero;
}
