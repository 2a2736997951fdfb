/** Takes the agent's lock in the folder of argument 1, says `held` or the error's code, and keeps it until killed. */

import { KsmpilotError } from '../../../src/agent/errors.js';
import { AgentLock } from '../../../src/agent/lock.js';

const lock = new AgentLock({ stateDir: process.argv[2] ?? '' });
try {
  await lock.acquire();
  console.log('held');
} catch (error) {
  console.log(error instanceof KsmpilotError ? error.code : String(error));
}
process.stdin.resume();
