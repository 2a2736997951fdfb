/** Work that takes too long for the agent's own thread, which samples. Plain data only: it crosses threads. */

import type { MergePlace, MergeOutcome } from '../guest-control/change-merge.js';
import type { MapAnswer, MergeGoal, WhyAnswer } from '../model/guest-answer.js';
import type { GuestIdentity } from '../model/guest.js';
import type { WhatIfAnswer } from '../model/what-if.js';
import type { ReplayQuestion } from '../what-if/replay.js';

export interface JobQuestions {
  readonly why: { readonly guest: GuestIdentity; readonly watchSeconds: number; readonly root: string };
  readonly map: { readonly guest: GuestIdentity; readonly root: string };
  readonly 'what-if': ReplayQuestion;
  readonly merge: {
    readonly guest: GuestIdentity;
    readonly goal: MergeGoal;
    readonly dryRun: boolean;
  } & MergePlace;
}

export interface JobAnswers {
  readonly why: WhyAnswer;
  readonly map: MapAnswer;
  readonly 'what-if': WhatIfAnswer;
  readonly merge: MergeOutcome;
}

export type JobKind = keyof JobQuestions;

/** Does one job, wherever. @param signal gives it up, where it can be; the promise then rejects */
export type DoJob = <Kind extends JobKind>(
  kind: Kind,
  question: JobQuestions[Kind],
  signal: AbortSignal,
) => Promise<JobAnswers[Kind]>;
