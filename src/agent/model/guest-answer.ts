/** What is answered about one guest, and what is done with it. Plain data: it crosses threads and gRPC. */

/** `restore`: as it was before the first change. */
export type MergeGoal = 'on' | 'off' | 'restore';

/** Why a guest does not merge more; src/agent/why judges. */
export interface WhyAnswer {
  /** Wall clock, milliseconds. */
  readonly timeMs: number;
  readonly key: string;
  readonly name: string;
  /** Private memory offered to KSM. */
  readonly offeredBytes: number;
  /** Of that, KSM pages; undefined: this kernel does not tell. */
  readonly mergedBytes: number | undefined;
  /** Most weighty first. */
  readonly reasons: readonly WhyReason[];
  /** What could not be found out, a sentence each. */
  readonly gaps: readonly string[];
  /** One sentence over all. */
  readonly verdict: string;
}

export interface WhyReason {
  /** A stable code of docs/why.md. */
  readonly code: string;
  readonly effect: 'bars' | 'delays' | 'limits' | 'note';
  readonly sentence: string;
  readonly evidence: readonly WhyFact[];
  readonly cure: string;
  /** Memory that it explains; reasons overlap. Absent: none of this guest's, or not known. */
  readonly bytes?: number;
  readonly bound?: 'exact' | 'at most' | 'about';
}

export interface WhyFact {
  readonly what: string;
  readonly value: number | string;
  readonly unit?: string;
  readonly source: string;
}

/** What a guest's address space is backed by. */
export interface MapAnswer {
  readonly timeMs: number;
  readonly key: string;
  readonly pageSize: number;
  /** Main process first; those without memory are left out. */
  readonly processes: readonly ProcessMap[];
}

export interface ProcessMap {
  readonly pid: number;
  readonly comm: string;
  /** Of its whole address space, every kind once, in the order of page-kind.ts. */
  readonly total: readonly KindPages[];
  readonly pagesPerCell: number;
  readonly lines: readonly MapLine[];
  /** It ended while it was read: this is a part. */
  readonly ended: boolean;
}

/** Pages of one kind. */
export interface KindPages {
  readonly kind: string;
  /** For legends. */
  readonly meaning: string;
  /** The letter that stands for it in a line's cells. */
  readonly sign: string;
  readonly pages: number;
}

export interface MapLine {
  /**
   * Bytes from the first line. The address itself stays with root: whoever may ask an agent, a guest through QEMU's user
   * network among them, would know where its monitor has its memory.
   */
  readonly offsetBytes: number;
  /** One sign a cell. */
  readonly cells: string;
}

/** What was, or would be, done with a guest's merging. */
export interface MergeAnswer {
  readonly key: string;
  readonly name: string;
  readonly changed: boolean;
  /** Of a dry run: there is something to change, and as far as was looked nothing stands in the way. */
  readonly feasible: boolean;
  /** What was or would be done, a sentence each. */
  readonly steps: readonly string[];
  /** Where it cannot be done from here: what to set instead, a line each. */
  readonly advice: readonly string[];
  /** What the host must hold anew; undefined: nothing, or not known. */
  readonly neededBytes: number | undefined;
  /** What it has for that: the least of host and control group. */
  readonly usableBytes: number | undefined;
  readonly mergeableBeforeBytes: number | undefined;
  /** undefined: nothing was changed. */
  readonly mergeableAfterBytes: number | undefined;
}
