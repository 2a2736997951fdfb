/** What guests do, as plain data: the same workload can be run under every policy. */

import type { Knobs } from '../types.js';
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
  /**
   * What goes before: so many seconds with these knobs, in which policies look on. Events of that time have a negative
   * `atSec`. Then each policy takes over, with its own knobs, and the counting begins.
   */
  readonly prepare?: { readonly seconds: number; readonly knobs: Knobs };
  /** Second from which the time to 95 % is counted; 0 where absent. */
  readonly changeSec?: number;
  /** KSM pages that exist at the start, by set: for hosts that have run for a while. */
  readonly presetKsmPages?: Readonly<Record<string, number>>;
  /** By time. */
  readonly events: readonly WorkloadEvent[];
}
