/** What a fault of the suite is; test/faults/catalogue.ts lists them, docs/reliability.md shows them. */

import type { Rig } from './rig.js';

export interface Fault {
  /** Short and stable: names the test. */
  readonly id: string;
  /** What is done to the agent or to the host: the row of the document. */
  readonly what: string;
  /** What must hold, beside what holds after every fault (rig.ts). */
  readonly holds: string;
  /** How many times in `npm test`, and in `npm run faults`. */
  readonly times: Times;
  /**
   * Makes the fault so often, and throws where anything does not hold.
   *
   * @param random from 0 to below 1, by the seed of the run
   * @returns what was seen, for the document
   */
  run(rig: Rig, times: number, random: () => number): Promise<string>;
}

export interface Times {
  readonly short: number;
  readonly long: number;
}
