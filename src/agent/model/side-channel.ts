/** What the side-channel watch says. Types only; src/agent/side-channel fills them, docs/side-channel.md explains them. */

/** What speaks for a guest probing others by write timing; of the pages in the sample only. */
export interface ProbeEvidence {
  /** Pages that were merged, written and merged again with the same content, again and again. */
  readonly returningPages: number;
  /** Returns of these pages: each is one more merge into the KSM page that the page was broken from. */
  readonly returns: number;
  /** Largest part of these pages that was written within one second, 0 to 1. */
  readonly sweepShare: number;
  /** Median time from one break of such a page to the next, seconds. */
  readonly periodSec: number;
  /** Other pages of the guest that were broken as often: ordinary churn. */
  readonly otherPages: number;
  /** Pages that would return as often by accident, judged by the others; not whole. */
  readonly accidents: number;
}

/** One guest that has returning pages. */
export interface Suspect {
  /** The guest's `key`; `pid:N` where its process belongs to no guest that is known yet. */
  readonly key: string;
  readonly name: string;
  /** 0 to 1; see `scoreOf` in src/agent/side-channel/score.ts. */
  readonly score: number;
  /** Is the score above the threshold? Suspicious, never proven. */
  readonly suspicious: boolean;
  /** Wall clock, milliseconds, of becoming suspicious; absent while it is not. */
  readonly sinceMs?: number;
  /** One sentence with the evidence. */
  readonly text: string;
  readonly evidence: ProbeEvidence;
}

export interface SideChannelReport {
  readonly state: 'on' | 'off' | 'starting';
  /** Why it is off, and the cure; what it looks at when it is on. */
  readonly detail: string;
  /** From this score on a guest is called suspicious. */
  readonly threshold: number;
  /** One page in this many is looked at. Absent here and below: it is not on. */
  readonly oneIn?: number;
  /** Right guesses that a prober makes in one sweep to be found with a probability of 95 %. */
  readonly foundFrom?: number;
  /** Pages whose breaks are remembered. */
  readonly pages?: number;
  /** Breaks of watched pages that found no room, since bpftrace began. */
  readonly missed?: number;
  /** Returns slower than this are not counted, seconds. */
  readonly slowestSec?: number;
  /** Highest score first. */
  readonly suspects: readonly Suspect[];
}

/** A guest has become suspicious, or is so no more. */
export interface SuspicionStep {
  /** The guest's `key`. */
  readonly key: string;
  readonly name: string;
  readonly what: 'suspicious' | 'over';
  readonly score: number;
  /** The evidence, one sentence. */
  readonly text: string;
}
