/** What guests do, as plain data: the same workload can be run under every policy. */

import type { ContentSpec } from './content-set.js';
import type { SegmentSpec } from './host-sim.js';

export type WorkloadEvent =
  | {
      readonly atSec: number;
      readonly kind: 'start';
      readonly guest: string;
      readonly segments: readonly SegmentSpec[];
    }
  | { readonly atSec: number; readonly kind: 'grow'; readonly guest: string; readonly segments: readonly SegmentSpec[] }
  | { readonly atSec: number; readonly kind: 'stop'; readonly guest: string }
  /** From now on contents of this set live for one over so many seconds. */
  | { readonly atSec: number; readonly kind: 'rate'; readonly set: string; readonly writesPerSec: number };

export interface Workload {
  readonly name: string;
  /** One sentence for people. */
  readonly what: string;
  readonly seconds: number;
  readonly memTotalBytes: number;
  /** What the host needs beside the guests. */
  readonly otherBytes: number;
  readonly sets: readonly ContentSpec[];
  /** KSM pages that exist at the start, by set: for hosts that have run for a while. */
  readonly presetKsmPages?: Readonly<Record<string, number>>;
  /** By time. */
  readonly events: readonly WorkloadEvent[];
}
