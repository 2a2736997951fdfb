/** The thread of one job: it is told the job at its start, posts one message, and ends. */

import { parentPort, workerData } from 'node:worker_threads';
import { KsmpilotError } from '../errors.js';
import { doJob } from './do-job.js';
import type { ThreadQuestion, ThreadAnswer } from './thread.js';

const { kind, question } = workerData as ThreadQuestion;

// Errors lose their class on the way between threads: they go as their parts.
const answer: ThreadAnswer = await doJob(kind, question).then(
  (value) => ({ value }),
  (error: unknown) =>
    error instanceof KsmpilotError
      ? { code: error.code, message: error.message, hint: error.hint }
      : { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) },
);
parentPort?.postMessage(answer);
