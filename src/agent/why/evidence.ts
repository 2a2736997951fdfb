/** All that is known of a guest when it is judged. Types only; gather.ts fills them. */

import type { GuestKind } from '../model/guest.js';
import type { KsmSysfs } from '../model/raw.js';
import type { MemorySums } from './memory-sums.js';
import type { QemuMemory } from './qemu-memory.js';

export interface GuestFacts {
  readonly kind: GuestKind;
  /** Printable. */
  readonly name: string;
  readonly id: string;
  /** Main process first. */
  readonly pids: readonly number[];
  /** Of these, how many were read; the rest had ended, or were too many. */
  readonly processesRead: number;
}

/** Sums of /proc/PID/ksm_stat over the guest's processes, in pages. Absent: this kernel does not tell. */
export interface KsmTally {
  /** Pages that ksmd has come to (`ksm_rmap_items`). */
  readonly visited?: number;
  /** `ksm_merging_pages`. */
  readonly merged?: number;
  /** `ksm_zero_pages`. */
  readonly zero?: number;
}

/** What ksmd did while the evidence was gathered. */
export interface ScanPace {
  readonly seconds: number;
  /** Growth of `pages_scanned`; null: the kernel does not count. */
  readonly scanned: number | null;
  /** Growth of `pages_skipped`; null: the kernel does not count. */
  readonly skipped: number | null;
}

/** Pages of the offered memory drawn by lot, each with equal chance, and looked at twice. */
export interface ContentLook {
  readonly seconds: number;
  readonly drawn: number;
  /** Of `drawn`, KSM pages at the first look. */
  readonly merged: number;
  /** Of `drawn`, those that were no KSM pages and had other contents at the second look. */
  readonly changed: number;
  /** Of `drawn`, all zeros at the first look. */
  readonly zero: number;
}

export interface Pins {
  /** `VmPin` of /proc/PID/status, bytes: pinned for long by what accounts there (iommufd, RDMA, io_uring). */
  readonly pinnedBytes: number;
  /** `VmLck`, bytes: mlock, and what VFIO's type 1 pins. */
  readonly lockedBytes: number;
  /** Open files that hand devices through, such as `/dev/vfio/12`. */
  readonly vfio: readonly string[];
}

export interface Evidence {
  readonly pageSize: number;
  readonly guest: GuestFacts;
  readonly memory: MemorySums;
  readonly tally: KsmTally;
  /** undefined: this kernel has no KSM. */
  readonly ksm: KsmSysfs | undefined;
  readonly pace: ScanPace;
  /** NUMA nodes with memory. */
  readonly nodes: number;
  readonly options: QemuMemory;
  readonly pins: Pins;
  /** Other programs that turn the knobs, `NAME (pid PID)`. */
  readonly rivals: readonly string[];
  /** undefined: nothing is offered, or contents could not be read. */
  readonly look: ContentLook | undefined;
  /** What could not be found out, a sentence each. */
  readonly gaps: readonly string[];
}
