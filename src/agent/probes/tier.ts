/**
 * Which programs of bpf/ may serve which subject on this host: a pure function of the host's facts. A subject can have
 * several tiers, best first. Facts only exclude; what is left is tried, see tier-choice.ts and supervisor.ts.
 */

import { KsmpilotError } from '../errors.js';
import type { CowTier } from '../model/probe.js';

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
  /** Does the kernel describe its types (/sys/kernel/btf/vmlinux)? No program works without. */
  readonly btf: boolean;
  /** Of WANTED_SYMBOLS, those that /proc/kallsyms lists. */
  readonly symbols: ReadonlySet<string>;
  /** Of the others, as what the compiler renamed them: `do_wp_page.isra.0`, whose arguments may differ. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Can kprobes be set? `disarmed`: they can, and would never fire (/sys/kernel/debug/kprobes/enabled is 0). */
  readonly kprobes: 'on' | 'absent' | 'disarmed';
  /** `none`, `integrity`, `confidentiality`; undefined: not told. */
  readonly lockdown: string | undefined;
  /** Levels of page tables in use. */
  readonly pagingLevels: 4 | 5;
}

export type SubjectName = 'scanner' | 'cow' | 'kvm';

/** How a program is attached. For COW breaks, how they are charged. */
export type TierName = CowTier;

export interface Tier {
  readonly name: TierName;
  /** File in bpf/. */
  readonly file: string;
  readonly tracepoints: readonly string[];
  /** Functions and variables of the kernel that it names. */
  readonly symbols: readonly string[];
  /** Does it find struct pages, and so need x86-64 and the kernel's bases? */
  readonly findsPages: boolean;
  /** Does it run at every page fault of everybody? */
  readonly taxing: boolean;
}

export interface Subject {
  readonly name: SubjectName;
  readonly counts: string;
  /** What goes without when it cannot run. */
  readonly without: string;
  /** Needed only while a taxing tier serves this other subject. */
  readonly beside?: SubjectName;
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
        name: 'tracepoint',
        file: 'scanner.bt',
        tracepoints: ksm(
          'start_scan stop_scan enter exit merge_one_page merge_with_ksm_page remove_ksm_page remove_rmap_item',
        ),
        symbols: [],
        findsPages: false,
        taxing: false,
      },
      {
        name: 'kprobe',
        file: 'scanner_kprobe.bt',
        tracepoints: [],
        symbols:
          'lru_add_drain_all try_to_merge_with_ksm_page try_to_merge_one_page remove_rmap_item_from_tree remove_node_from_stable_tree __ksm_enter __ksm_exit ksm_scan ksm_rmap_items ksm_thread_sleep_millisecs'.split(
            ' ',
          ),
        findsPages: false,
        taxing: false,
      },
    ],
  },
  {
    name: 'cow',
    counts: 'COW breaks per process and by kind',
    without: 'COW breaks are not charged to processes; cow_ksm of /proc/vmstat still tells their total',
    tiers: [
      {
        name: 'fentry',
        file: 'cow_fentry.bt',
        tracepoints: [],
        symbols: ['do_wp_page'],
        findsPages: true,
        taxing: false,
      },
      {
        name: 'kprobe',
        file: 'cow_kprobe.bt',
        tracepoints: [],
        symbols: ['do_wp_page'],
        findsPages: true,
        taxing: false,
      },
      {
        name: 'tracepoint',
        file: 'cow_walk.bt',
        tracepoints: ['exceptions:page_fault_user', 'exceptions:page_fault_kernel'],
        symbols: [],
        findsPages: true,
        taxing: true,
      },
    ],
  },
  {
    name: 'kvm',
    counts: 'COW breaks by writes of KVM guests, where page faults are what is traced',
    without: "virtual machines' own writes show as unattributed",
    beside: 'cow',
    tiers: [
      {
        name: 'tracepoint',
        file: 'cow_walk_kvm.bt',
        tracepoints: ['kvm:kvm_unmap_hva_range'],
        symbols: [],
        findsPages: true,
        taxing: true,
      },
    ],
  },
];

const ALL_TIERS = SUBJECTS.flatMap(({ tiers }) => tiers);

export const WANTED_TRACEPOINTS: readonly string[] = ALL_TIERS.flatMap(({ tracepoints }) => tracepoints);

export const WANTED_SYMBOLS: readonly string[] = [...new Set(ALL_TIERS.flatMap(({ symbols }) => symbols))];

/** The oldest bpftrace that all programs were run with. */
export const OLDEST_BPFTRACE = '0.17';

/** What stands in the way of every program; undefined: nothing. */
export function hostObstacle(facts: HostFacts): KsmpilotError | undefined {
  const { bpftrace, btf, lockdown, root, tracefs } = facts;
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
  if (!btf) {
    return new KsmpilotError(
      'PROBE_UNSUPPORTED',
      'the kernel does not describe its types (no /sys/kernel/btf/vmlinux)',
      {
        hint: 'run a kernel with CONFIG_DEBUG_INFO_BTF',
      },
    );
  }
  return undefined;
}

/** A tier that the facts exclude. */
export interface ExcludedTier {
  readonly tier: Tier;
  readonly error: KsmpilotError;
}

/** What may serve the subject, best first, and what cannot. Call only where there is no `hostObstacle`. */
export function sortTiers(
  subject: Subject,
  facts: HostFacts,
): { readonly usable: readonly Tier[]; readonly excluded: readonly ExcludedTier[] } {
  const usable: Tier[] = [];
  const excluded: ExcludedTier[] = [];
  for (const tier of subject.tiers) {
    const error = tierObstacle(tier, facts);
    if (error === undefined) usable.push(tier);
    else excluded.push({ tier, error });
  }
  return { usable, excluded };
}

/** Why no tier is left: each with its reason, and the cure for the one by tracepoints, which most kernels can have. */
export function noTier(excluded: readonly ExcludedTier[]): KsmpilotError {
  const usual = excluded.find(({ tier }) => tier.name === 'tracepoint') ?? excluded[0];
  if (excluded.length === 1 && usual !== undefined) return usual.error;
  const reasons = excluded.map(({ tier, error }) => `no ${tier.name}: ${error.message}`);
  return new KsmpilotError('PROBE_UNSUPPORTED', reasons.join('; '), { hint: usual?.error.hint });
}

function tierObstacle(tier: Tier, facts: HostFacts): KsmpilotError | undefined {
  const unsupported = (message: string, hint?: string): KsmpilotError =>
    new KsmpilotError('PROBE_UNSUPPORTED', message, { hint });
  const missing = tier.tracepoints.filter((name) => !facts.tracepoints.has(name));
  if (missing.length > 0) return unsupported(`this kernel has no tracepoint ${missing.join(', ')}`, cureFor(missing));
  if (tier.findsPages && facts.arch !== 'x64') {
    return unsupported(`${tier.file} reads page-table entries of x86-64; this is ${facts.arch}`);
  }
  if (tier.name === 'kprobe' && facts.kprobes === 'absent') {
    return unsupported('this kernel has no kprobes', 'run a kernel with CONFIG_KPROBE_EVENTS');
  }
  if (tier.name === 'kprobe' && facts.kprobes === 'disarmed') {
    return unsupported('kprobes are switched off and would never fire', 'echo 1 > /sys/kernel/debug/kprobes/enabled');
  }
  return symbolObstacle(tier.symbols, facts);
}

function symbolObstacle(symbols: readonly string[], facts: HostFacts): KsmpilotError | undefined {
  const missing = symbols.filter((name) => !facts.symbols.has(name));
  if (missing.length === 0) return undefined;
  const told = missing.map((name) => {
    const renamed = facts.renamed.get(name);
    return renamed === undefined ? name : `${name} (only ${renamed}, whose arguments may differ)`;
  });
  return new KsmpilotError('PROBE_UNSUPPORTED', `not in /proc/kallsyms, inlined or absent: ${told.join(', ')}`);
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
