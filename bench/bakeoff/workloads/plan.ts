/** What a workload does, as data: `account.ts` counts what it could save, `script.ts` plays it on real processes. */
export interface Plan {
  readonly guests: readonly GuestPlan[];
  /** Full scans before the window; undefined: KSM has seen nothing of the guests when it begins. */
  readonly rehearsal?: Rehearsal;
  /** As `Script.change`. */
  readonly change: { readonly fromSec: number; readonly goalSec: number } | null;
}

/**
 * The time before the window, played fast: a full scan at each of the times -scans * everyMs, ..., -everyMs, under
 * smart_scan where the kernel has it, and in between what the guests do in `everyMs`. So pages are merged, and those that
 * are not have the ages that such a past gives them.
 */
export interface Rehearsal {
  readonly scans: number;
  readonly everyMs: number;
}

/** All times in milliseconds on the scale of the window. What begins before it is -Infinity or a time of the rehearsal. */
export interface GuestPlan {
  readonly startMs: number;
  /** It is killed then. */
  readonly endMs?: number;
  readonly ranges: readonly Range[];
}

/** A mergeable area. Where no law has given a page its content, there is none. */
export interface Range {
  readonly pages: number;
  /** When the guest maps it; default: at its start. */
  readonly mapMs?: number;
  /** For one page, in the order of time. */
  readonly laws: readonly Law[];
}

export type Law = Ramp | Cycle;

/** The pages get their content once, one after the other. */
export interface Ramp {
  readonly kind: 'ramp';
  /** Pages of the range that it is about; default: all. */
  readonly from?: number;
  readonly count?: number;
  /** Default: before everything. */
  readonly startMs?: number;
  /** Until the last page has it; default: at once. */
  readonly ms?: number;
  /** `own`: no other page has it. A number: a library; page i of the law is page i of the library. */
  readonly content: 'own' | 'zero' | number;
}

/**
 * All pages of the range get content anew every `periodMs`, their turns spread evenly. For a first part of its turn a page
 * holds a page of a library, so that it can merge, then content that no other page has.
 */
export interface Cycle {
  readonly kind: 'cycle';
  /** Not before; default: before everything. */
  readonly startMs?: number;
  readonly periodMs: number;
  /** How long the first part lasts, page by page between the two, at most a turn; both 0: it never merges. */
  readonly sharedMs: readonly [low: number, high: number];
  readonly library: number;
  readonly libraryPages: number;
  /** Guests of equal choice take the same library page for the same page and turn. Below 2^32. */
  readonly choice: number;
}

/** MiB as pages of 4 KiB. */
export const PAGES_PER_MIB = 256;

/** Content of a page of its own, there from the start. */
export const own = (pages: number): Range => ({ pages, laws: [{ kind: 'ramp', content: 'own' }] });

/** The first pages of a library, there from the start. */
export const copyOf = (library: number, pages: number): Range => ({
  pages,
  laws: [{ kind: 'ramp', content: library }],
});

/** Filled once, in `ms` from `startMs`. */
export const filled = (pages: number, content: Ramp['content'], startMs: number, ms: number): Range => ({
  pages,
  laws: [{ kind: 'ramp', content, startMs, ms }],
});
