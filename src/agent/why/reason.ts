/** What can keep a guest's memory from merging. Types and words only. */

/**
 * - `bars`: these bytes cannot merge before the cure
 * - `delays`: they may merge later by themselves
 * - `limits`: they merge, or could, with less gain than there might be
 * - `note`: to be known, and nothing that costs merging by itself
 */
export type Effect = 'bars' | 'delays' | 'limits' | 'note';

/** Every reason there is. Codes are stable: scripts match them. docs/why.md has each with what it rests on. */
export const REASONS = {
  ksm_absent: { effect: 'bars', meaning: 'This kernel has no KSM.' },
  ksm_stopped: { effect: 'bars', meaning: 'KSM does not scan: run is not 1.' },
  merge_option_off: { effect: 'bars', meaning: 'An option of QEMU says that the memory is not to be merged.' },
  not_offered: { effect: 'bars', meaning: 'Private memory that was not offered to KSM.' },
  shared: { effect: 'bars', meaning: 'Memory that is mapped shared.' },
  hugetlb: { effect: 'bars', meaning: 'Memory from the pool of huge pages (hugetlbfs).' },
  file_pages: { effect: 'bars', meaning: "Pages of a file's that were not written to." },
  pinned: { effect: 'bars', meaning: 'Memory pinned for devices (VFIO) or by the program.' },
  volatile: { effect: 'limits', meaning: 'Pages that change faster than ksmd comes by.' },
  not_visited: { effect: 'delays', meaning: 'Offered memory that ksmd has not come to yet.' },
  swapped: { effect: 'delays', meaning: 'Offered memory that is swapped out.' },
  smart_scan: { effect: 'limits', meaning: 'Pages that ksmd skips because they did not merge before.' },
  nodes_apart: { effect: 'limits', meaning: 'Equal pages on different NUMA nodes are kept apart.' },
  max_page_sharing: { effect: 'limits', meaning: 'Contents with more copies than one KSM page may serve.' },
  use_zero_pages_off: { effect: 'limits', meaning: "Zeros merge to KSM pages instead of the kernel's own page." },
  rival: { effect: 'note', meaning: "Somebody else turns KSM's knobs." },
  huge_pages: { effect: 'note', meaning: 'Transparent huge pages, which ksmd splits where it merges.' },
} as const satisfies Readonly<Record<string, { readonly effect: Effect; readonly meaning: string }>>;

export type ReasonCode = keyof typeof REASONS;

export type Unit = 'bytes' | 'pages' | 'pages/s' | 's' | 'scans';

/** One fact that a reason rests on, and where anybody can look it up. */
export interface Fact {
  readonly what: string;
  readonly value: number | string;
  /** Absent: a plain number or a word. */
  readonly unit?: Unit;
  /** A file, the option of a command line, or what was done to find out. */
  readonly source: string;
}

/** How far `bytes` can be trusted. */
export type Bound = 'exact' | 'at most' | 'about';

export interface Reason {
  readonly code: ReasonCode;
  readonly effect: Effect;
  readonly sentence: string;
  readonly evidence: readonly Fact[];
  readonly cure: string;
  /** Memory that it explains; reasons overlap, so these do not add up. Absent: not known. */
  readonly bytes?: number;
  readonly bound?: Bound;
}

/** A reason with its effect from the catalogue. */
export function because(code: ReasonCode, said: Omit<Reason, 'code' | 'effect'>): Reason {
  return { code, effect: REASONS[code].effect, ...said };
}
