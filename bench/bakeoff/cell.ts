import { setTimeout as sleep } from 'node:timers/promises';
import { saveKnobs } from '../../test/helpers/knobs.js';
import { BenchAgent } from './bench-agent.js';
import { Cleanup } from './cleanup.js';
import { requireAlone, requireOursAlone } from './foreign.js';
import { forgetPages, setDefaults } from './ksm-state.js';
import { takeMachine } from './locks.js';
import { Observer, type Observed } from './observer.js';
import type { Stage } from './progress.js';
import type { Policy, RunningPolicy, Script, Workload } from './types.js';

export interface CellJob {
  readonly workload: Workload;
  readonly policy: Policy;
  readonly price: number | null;
  readonly seconds: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told what is going on. */
  readonly onStage: (stage: Stage) => void;
}

export interface CellResult extends Observed {
  readonly script: Script;
  readonly guestRate: number | null;
  /** When the window began. */
  readonly at: Date;
  /** Probes that did not run, and why. */
  readonly missingProbes: readonly string[];
}

/** The agent looks once a second: after this it has seen what the window begins with. */
const SETTLE_MS = 1_200;
/** For what a policy's start or a script has left to do at the end of the window. */
const LATE_MS = 5_000;

/**
 * One cell from an untouched kernel to an untouched kernel: takes the machine, resets KSM, starts the agent and the guests,
 * lets the policy at it for the length of the window, and puts everything back, also when it fails or is interrupted.
 *
 * @throws Refusal when somebody else uses KSM before the window or at its end; the abort's reason; any failure of workload, policy or agent
 */
export async function runCell(job: CellJob): Promise<CellResult> {
  const cleanup = new Cleanup();
  const [measured] = await Promise.allSettled([prepareAndMeasure(job, cleanup)]);
  job.onStage('clearing');
  const [cleaned] = await Promise.allSettled([cleanup.run()]);
  const result = valueOf(measured); // why the cell failed comes before why clearing up did
  valueOf(cleaned);
  return result;
}

async function prepareAndMeasure(job: CellJob, cleanup: Cleanup): Promise<CellResult> {
  const { workload, price, seconds, seed, signal } = job;
  job.onStage('waiting');
  cleanup.add('the lock', await takeMachine(signal));
  await requireAlone(signal);
  const knobs = saveKnobs();
  cleanup.add('the knobs', () => knobs.restore());
  cleanup.add('unmerging', () => forgetPages());
  setDefaults();
  await forgetPages();

  job.onStage('preparing');
  const agent = new BenchAgent();
  const cast: { script?: Script } = {};
  // Both take a second to end.
  cleanup.add('guests and agent', async () => {
    await Promise.all([cast.script?.end(), agent.stop()]);
  });
  // At the same time: each takes seconds, and nothing is measured yet. Both are awaited even if one fails.
  const [observing, prepared] = await Promise.allSettled([
    agent.start({ price }).then(() => agent.probesUp(signal)),
    workload.prepare({ seed, seconds, signal }).then(async (script) => {
      cast.script = script;
      setDefaults();
      await sleep(SETTLE_MS, undefined, { signal });
      return script;
    }),
  ]);
  signal.throwIfAborted();
  const missingProbes = valueOf(observing);
  return { ...(await measure(job, valueOf(prepared), agent)), missingProbes };
}

async function measure(
  { policy, price, seconds, signal, onStage }: CellJob,
  script: Script,
  agent: BenchAgent,
): Promise<Omit<CellResult, 'missingProbes'>> {
  const observer = new Observer({ agentPid: agent.pid });
  const ending = new AbortController();
  const within = AbortSignal.any([signal, ending.signal]);
  onStage('measuring');
  const at = new Date();
  observer.start();
  // The policy is told of the end of the cell; the script's own waits end with Script.end.
  const starting = policy.start({ price, agent, signal: within });
  const playing = script.play(() => observer.elapsed());
  try {
    await Promise.race([
      sleep(seconds * 1000 - observer.elapsed() * 1000, undefined, { signal: within }),
      failureOf(starting),
      failureOf(playing),
    ]);
    const observed = observer.finish();
    requireOursAlone();
    await endOfPlay(playing); // it asks the timed guest for its sum
    return { ...observed, script, guestRate: script.guestRate(), at };
  } finally {
    observer.stop();
    ending.abort(new Error('the window is over'));
    await stopPolicy(starting);
    // What it does after its guests have ended is of no interest.
    playing.catch(() => undefined);
  }
}

/** Never resolves; rejects when the promise does. */
function failureOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}

/** @throws Error when the script is still busy long after the window; its failure, if it failed */
async function endOfPlay(playing: Promise<void>): Promise<void> {
  const late = new AbortController();
  const tooLate = sleep(LATE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`the script still plays ${LATE_MS / 1000} s after the end of the window`);
  });
  try {
    await Promise.race([playing, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    late.abort();
  }
}

/** Waits for a start that is late; one that failed has been told already. */
async function stopPolicy(starting: Promise<RunningPolicy>): Promise<void> {
  const late = new AbortController();
  const running = await Promise.race([
    starting.catch(() => undefined),
    sleep(LATE_MS, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  await running?.stop();
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
