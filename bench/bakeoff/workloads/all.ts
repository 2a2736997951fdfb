import { aged } from './aged.js';
import { arrays } from './arrays.js';
import { churn } from './churn.js';
import { exit } from './exit.js';
import { idle } from './idle.js';
import { logins } from './logins.js';
import { phase } from './phase.js';
import type { PlannedWorkload } from './script.js';
import { steady } from './steady.js';
import { storm } from './storm.js';
import { volatile } from './volatile.js';
import { zero } from './zero.js';

/** In the order of the tables. */
export const WORKLOADS: readonly PlannedWorkload[] = [
  storm,
  steady,
  churn,
  phase,
  volatile,
  idle,
  zero,
  arrays,
  logins,
  exit,
  aged,
];
