/** Does a job in this very thread. */

import { readMemoryHost } from '../estimate/host-memory.js';
import { atLowPriority } from '../estimate/priority.js';
import { changeMerge } from '../guest-control/change-merge.js';
import { readGuestMap } from '../memory-map/guest-map.js';
import { whyAnswer } from '../why/answer.js';
import { replay, whatIfAnswer } from '../what-if/replay.js';
import { gather } from '../why/gather.js';
import type { JobAnswers, JobKind, JobQuestions } from './job.js';

type Doers = { readonly [Kind in JobKind]: (question: JobQuestions[Kind]) => Promise<JobAnswers[Kind]> };

const DOERS: Doers = {
  why: ({ guest, watchSeconds, root }) =>
    atLowPriority(async () => whyAnswer(guest, await gather(guest, { watchSeconds, root }), Date.now())),
  map: ({ guest, root }) => {
    const { pageSize } = readMemoryHost(root);
    return atLowPriority(() => readGuestMap(guest, { pageSize, timeMs: Date.now(), root }));
  },
  'what-if': (question) =>
    atLowPriority(() => Promise.resolve(whatIfAnswer(replay(question), question.settings.gibPerCore))),
  // At the usual priority: somebody waits, and meanwhile QEMU's monitor is taken.
  merge: async ({ guest, goal, ...options }) => changeMerge(guest, goal, options),
};

/** @throws KsmpilotError, whatever the work throws */
export async function doJob<Kind extends JobKind>(kind: Kind, question: JobQuestions[Kind]): Promise<JobAnswers[Kind]> {
  return DOERS[kind](question);
}
