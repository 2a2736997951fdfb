/** Runs the programs until each has told its first frame, or was refused: the only way to know which tiers work here. */

import { launchBpftrace } from './bpftrace.js';
import { ProbePlanner, type PlanOptions } from './plan.js';
import { Supervisor } from './supervisor.js';
import type { HostFacts } from './tier.js';
import type { TierChoice } from './tier-choice.js';

/** Frames are what is waited for, not what is counted. */
const MAP_KEYS = 512;

/**
 * Takes 2 to 4 seconds, in which page faults are traced where the tier does that. Call only where there is no
 * `hostObstacle`. Afterwards `programFor` of the choice tells what works, and `passedOver` what was refused, and why.
 */
export async function tryTiers(facts: HostFacts, options: PlanOptions): Promise<TierChoice> {
  const { choice } = await new ProbePlanner({ ...options, mapKeys: MAP_KEYS }).plan(facts, 1);
  const supervisor = new Supervisor({
    intervalSec: 1,
    launch: (program, onLine, onStderrLine) =>
      launchBpftrace({ path: options.bpftracePath, program, mapKeys: MAP_KEYS, onLine, onStderrLine }),
    onEpoch: () => undefined,
    onMessage: () => undefined,
    onEpochEnd: () => undefined,
    onState: () => undefined,
  });
  await supervisor.start(choice);
  await supervisor.stop();
  return choice;
}
