/** A program as this host would run it, and where the programs to run come from. */

import type { SubjectName, TierName } from './tier.js';

export interface RunnableProgram {
  /** The subject it serves, which is also the name in its `tick` and `tock`. */
  readonly name: SubjectName;
  readonly tier: TierName;
  /**
   * Does it run at every page fault of everybody? Such programs run in windows, as a second bpftrace, unless
   * `probes.exact` asks for all the time.
   */
  readonly taxing: boolean;
  /** Rendered text. */
  readonly text: string;
  /** File and variant, for people. */
  readonly title: string;
  /** Makes sense only while a taxing program serves this subject: kvm beside the page-table walk of cow. */
  readonly beside?: SubjectName;
}

/** What to run, best tier of each subject first; implemented by TierChoice, and by its parts (`only`). */
export interface ProgramSource {
  /** What should run now, in the order of their frames. */
  current(): readonly RunnableProgram[];
  /** Is there another tier to fall to where bpftrace refuses this one? */
  hasNext(program: RunnableProgram): boolean;
  /** bpftrace does not take it, or it counts wrong: from now on the next tier serves the subject, if there is one. */
  refuse(program: RunnableProgram, why: string): void;
  /** Nothing at all starts: that has a cause of its own, so the next attempt begins with the best tiers again. */
  forgive(): void;
  /** `; no fentry: ...` for each better tier of its subject; empty where it is the best. */
  whyNoBetter(program: RunnableProgram): string;
}
