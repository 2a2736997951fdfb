import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { KsmpilotError, type ErrorCode } from '../errors.js';
import { packageRoot } from '../paths.js';
import type { DoJob, JobAnswers, JobKind, JobQuestions } from './job.js';

export interface ThreadQuestion {
  readonly kind: JobKind;
  readonly question: JobQuestions[JobKind];
}

export type ThreadAnswer =
  | { readonly value: JobAnswers[JobKind] }
  | { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
  | { readonly defect: string };

/** A job of a terabyte guest stays below; what needs more is a defect, and must not take the host's memory. */
const HEAP_MAX_MIB = 512;

const PROGRAM = join(packageRoot, 'dist', 'src', 'agent', 'jobs', 'worker.js');

/**
 * Each job in a thread of its own, so that nothing that it reads, however long the kernel takes, keeps the agent from
 * its samples. A job that is given up ends with its thread, and what it had open is closed by Node.
 *
 * @param program the built worker; tests give their own
 */
export function jobThreads(program: string = PROGRAM): DoJob {
  return <Kind extends JobKind>(kind: Kind, question: JobQuestions[Kind], signal: AbortSignal) =>
    inThread({ kind, question }, signal, program) as Promise<JobAnswers[Kind]>;
}

async function inThread(work: ThreadQuestion, signal: AbortSignal, program: string): Promise<unknown> {
  if (!existsSync(program)) {
    throw new KsmpilotError('INTERNAL', `${program} is missing`, { hint: 'Build it: npm run build.' });
  }
  signal.throwIfAborted();
  const worker = new Worker(program, {
    workerData: work,
    name: `ksmpilot ${work.kind}`,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
  });
  const giveUp = (): void => void worker.terminate();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const answer = await answerOf(worker);
    if ('value' in answer) return answer.value;
    if ('defect' in answer) throw new Error(answer.defect);
    throw new KsmpilotError(answer.code, answer.message, { hint: answer.hint });
  } catch (error) {
    signal.throwIfAborted(); // then its end is no failure of its own
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function answerOf(worker: Worker): Promise<ThreadAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with exit code ${code} and no answer`)));
  });
}
