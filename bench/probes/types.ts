/** What is timed: one page fault, or one merge by ksmd. */
export const KINDS = ['touch', 'write-protect', 'write-protect-mergeable', 'break', 'merge'] as const;

export type Kind = (typeof KINDS)[number];

export const KIND_TITLES: Readonly<Record<Kind, string>> = {
  touch: 'ordinary fault: first store into an anonymous page',
  'write-protect': 'write-protect fault (copy after fork), process without mergeable memory',
  'write-protect-mergeable': 'write-protect fault (copy after fork), process with mergeable memory',
  break: 'COW break of a KSM page',
  merge: "merge (ksmd's CPU time)",
};

/** Programs that are attached together while faults are timed. */
export interface ProgramSet {
  readonly name: string;
  /** In one line, for people. */
  readonly title: string;
  /** As bpftrace takes it; undefined: nothing is attached. */
  readonly text: string | undefined;
}

/** Names of the two sets that the others are compared with. */
export const NOTHING = 'nothing';
export const EMPTY = 'empty';

/** Nanoseconds per fault: by set, by kind, one figure a round. */
export type Samples = ReadonlyMap<string, ReadonlyMap<Kind, readonly number[]>>;
