/** Who a process belongs to, and what each guest saves and costs. Types only; src/agent/guests fills them. */

/**
 * What is read of one process to tell whose it is. Texts are byte strings, one character (U+0000 to U+00FF) a byte:
 * names on Linux are any bytes, and turning them into characters is left to the one place that shows them.
 */
export interface ProcessFacts {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks after boot. */
  readonly startTicks: number;
  readonly ppid: number;
  readonly kernelThread: boolean;
  /** Field 2 of /proc/PID/stat, at most 15 bytes. */
  readonly comm: string;
  /** Owner of /proc/PID: the effective user, or 0 for a process that is not dumpable. */
  readonly uid?: number;
  /** Where /proc/PID/exe points to. */
  readonly exe?: string;
  /** /proc/PID/cmdline, each argument ended by NUL; cut at 64 KiB. */
  readonly cmdline?: string;
  /** /proc/PID/cgroup, v1 or v2. */
  readonly cgroup?: string;
  /** The errno name of the first file that is there and may not be read. */
  readonly refused?: string;
}

/** What a guest can be; `unknown`: nothing could be read of its process. */
export const GUEST_KINDS = [
  'libvirt',
  'openstack',
  'kubevirt',
  'proxmox',
  'qemu',
  'cloud-hypervisor',
  'firecracker',
  'kata',
  'docker',
  'podman',
  'kubernetes',
  'containerd',
  'lxc',
  'nspawn',
  'service',
  'process',
  'unknown',
] as const;

export type GuestKind = (typeof GUEST_KINDS)[number];

/** One guest: a virtual machine, a container, a service, or a process that is none of these. */
export interface GuestIdentity {
  readonly kind: GuestKind;
  /** For people: printable, at most 120 characters; other bytes as %XX. Two guests may have the same. */
  readonly name: string;
  /** What its manager calls it: UUID, VMID, container id, unit, or PID@START. Printable, at most 120 characters. */
  readonly id: string;
  /** What its history is kept under: the same after a restart, and never that of another guest. */
  readonly identity: string;
  /** `identity` with start time and pid of its main process: one run of it. */
  readonly key: string;
  /** Main process first, then ascending. */
  readonly pids: readonly number[];
  /** Start of its main process, clock ticks after boot. */
  readonly startTicks: number;
  /** What speaks against the rest, a sentence each; empty: nothing. */
  readonly doubts: readonly string[];
}

/** Is the guest's memory offered to KSM? */
export type MergeState = 'on' | 'off' | 'mixed';

/** What one guest has of the host's saving and costs now. null: not known on this host. */
export interface GuestAccount {
  /** Resident memory offered to KSM, bytes. */
  readonly mergeableBytes: number | null;
  /** Its part of what the host saves, zero pages included, bytes: guests and the rest sum to the host's figure. */
  readonly savedBytes: number | null;
  /** Of `savedBytes`, zero pages. */
  readonly zeroBytes: number | null;
  /** ksmd's records of its pages, bytes. */
  readonly rmapItemBytes: number | null;
  /** Its part of ksmd's CPU by records, in cores. */
  readonly ksmdCores: number | null;
  /** Worth of the saving less its part of ksmd, at the operator's price, in cores: core-hours an hour; can be negative. */
  readonly worthCores: number | null;
  readonly merge: MergeState | null;
}

/** One row of the guest table. */
export interface GuestRow extends GuestIdentity, GuestAccount {
  /** Since the agent's start, earlier runs of the same identity included; null without probes. */
  readonly mergesTotal: number | null;
  readonly cowBreaksTotal: number | null;
  /** Of these, counted one by one; the rest is estimated. */
  readonly cowBreaksSeen: number | null;
  readonly zeroBreaksTotal: number | null;
  /** Over the last interval; null without probes and at first sight. */
  readonly mergesPerSec: number | null;
  readonly cowBreaksPerSec: number | null;
  /** Median age of its merges at their break, seconds, of the last hour or two; null: not measured, or too few. */
  readonly mergeLifetimeP50Sec: number | null;
}

/** All guests at one instant. */
export interface GuestTable {
  /** Wall clock of the sample, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly guests: readonly GuestRow[];
  /** What the host has and no guest was charged with: processes not seen, not readable, or ended. */
  readonly rest: GuestAccount;
  /** Processes that are not looked at yet: the next updates do, a bounded number each. */
  readonly pending: number;
}
