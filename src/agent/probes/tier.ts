/**
 * Which program of bpf/ serves which subject on this host: a pure function of the host's facts. A subject can have
 * several tiers, best first; so far each has one (kprobe and fentry programs for `cow` will stand before `walk`).
 */

import { KsmpilotError } from '../errors.js';

export interface HostFacts {
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
  readonly root: boolean;
  /** Version, or why there is none. */
  readonly bpftrace: { readonly path: string; readonly version: string } | KsmpilotError;
  /** Where tracefs is mounted; undefined: nowhere. */
  readonly tracefs: string | undefined;
  /** Of WANTED_TRACEPOINTS, those that this kernel has now. */
  readonly tracepoints: ReadonlySet<string>;
  /** `none`, `integrity`, `confidentiality`; undefined: not told. */
  readonly lockdown: string | undefined;
  /** Levels of page tables in use. */
  readonly pagingLevels: 4 | 5;
}

export type SubjectName = 'scanner' | 'cow' | 'kvm';

export interface Tier {
  /** File in bpf/. */
  readonly file: string;
  readonly tracepoints: readonly string[];
  /** Does it walk page tables, and so need x86-64 and the kernel's bases? */
  readonly walks: boolean;
}

export interface Subject {
  readonly name: SubjectName;
  readonly counts: string;
  /** What goes without when it cannot run. */
  readonly without: string;
  /** Best first. */
  readonly tiers: readonly Tier[];
}

const ksm = (names: string): string[] => names.split(' ').map((name) => `ksm:ksm_${name}`);

/** In the order in which their frames follow each other: `kvm` after `cow`, see attribution.ts. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: 'scanner',
    counts: 'full scans, merges per process, failures, processes entering and leaving KSM',
    without: 'no merges per process, full scans and merge lifetimes; /sys/kernel/mm/ksm still tells the totals',
    tiers: [
      {
        file: 'scanner.bt',
        tracepoints: ksm(
          'start_scan stop_scan enter exit merge_one_page merge_with_ksm_page remove_ksm_page remove_rmap_item',
        ),
        walks: false,
      },
    ],
  },
  {
    name: 'cow',
    counts: 'COW breaks per process: user writes and kernel copies',
    without: 'COW breaks are not charged to processes; cow_ksm of /proc/vmstat still tells their total',
    tiers: [
      { file: 'cow_walk.bt', tracepoints: ['exceptions:page_fault_user', 'exceptions:page_fault_kernel'], walks: true },
    ],
  },
  {
    name: 'kvm',
    counts: 'COW breaks by writes of KVM guests',
    without: "virtual machines' own writes show as unattributed",
    tiers: [{ file: 'cow_walk_kvm.bt', tracepoints: ['kvm:kvm_unmap_hva_range'], walks: true }],
  },
];

export const WANTED_TRACEPOINTS: readonly string[] = SUBJECTS.flatMap(({ tiers }) =>
  tiers.flatMap(({ tracepoints }) => tracepoints),
);

/** The oldest bpftrace that all programs were run with. */
export const OLDEST_BPFTRACE = '0.17';

/** What stands in the way of every program; undefined: nothing. */
export function hostObstacle(facts: HostFacts): KsmpilotError | undefined {
  const { bpftrace, lockdown, root, tracefs } = facts;
  if (bpftrace instanceof KsmpilotError) return bpftrace;
  if (!atLeast(bpftrace.version, OLDEST_BPFTRACE)) {
    return new KsmpilotError('BPFTRACE_TOO_OLD', `${bpftrace.path} is ${bpftrace.version}, older than 0.17`, {
      hint: "install bpftrace 0.17 or newer, such as Debian 12's",
    });
  }
  if (!root) {
    return new KsmpilotError('NOT_ROOT', 'bpftrace needs root', { hint: 'run ksmpilot as root' });
  }
  if (lockdown === 'confidentiality') {
    return new KsmpilotError(
      'PROBE_UNSUPPORTED',
      'the kernel is locked down (confidentiality), which forbids BPF reads',
      {
        hint: 'boot with lockdown=integrity or without, if your policy allows',
      },
    );
  }
  if (tracefs === undefined) {
    return new KsmpilotError('TRACEFS_MISSING', 'tracefs is not mounted on /sys/kernel/tracing', {
      hint: 'mount -t tracefs tracefs /sys/kernel/tracing',
    });
  }
  return undefined;
}

/** The best tier that can run here, or why none can. Call only where there is no `hostObstacle`. */
export function pickTier(subject: Subject, facts: HostFacts): Tier | KsmpilotError {
  let why: KsmpilotError | undefined;
  for (const tier of subject.tiers) {
    const obstacle = tierObstacle(tier, facts);
    if (obstacle === undefined) return tier;
    why ??= obstacle;
  }
  return why ?? new KsmpilotError('INTERNAL', `${subject.name} has no program`);
}

function tierObstacle(tier: Tier, facts: HostFacts): KsmpilotError | undefined {
  const missing = tier.tracepoints.filter((name) => !facts.tracepoints.has(name));
  if (missing.length > 0) {
    return new KsmpilotError('PROBE_UNSUPPORTED', `this kernel has no tracepoint ${missing.join(', ')}`, {
      hint: cureFor(missing),
    });
  }
  if (tier.walks && facts.arch !== 'x64') {
    return new KsmpilotError('PROBE_UNSUPPORTED', `${tier.file} walks x86-64 page tables; this is ${facts.arch}`);
  }
  return undefined;
}

function cureFor(missing: readonly string[]): string {
  if (missing.some((name) => name.startsWith('kvm:')))
    return 'none needed without virtual machines; it starts with the kvm module';
  if (missing.some((name) => name.startsWith('ksm:'))) return 'run Linux 6.3 or newer, built with CONFIG_KSM';
  return 'run a kernel with CONFIG_TRACEPOINTS and x86 exception tracing';
}

/** Compares `0.17.0` with `0.17` number by number. */
export function atLeast(version: string, oldest: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of oldest.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
