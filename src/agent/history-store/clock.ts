/** May what is old be deleted? Only when the clock that says so can be trusted. Pure. */

import { HOUR_MS } from './tiers.js';

/** A step beyond it is no correction of a drift: the clock was set. */
const JUMP_MS = HOUR_MS;

/** At boot the clock may be years off until it is set; an hour later it has been. */
const TRUSTED_AFTER_MS = HOUR_MS;

/**
 * Compares the wall clock with the monotonic one. A host that boots with its clock in the year 2099 must not lose its
 * history in the minute before the clock is set.
 */
export class ClockTrust {
  #offsetMs: number | undefined;
  #sinceMonoMs = 0;

  /** @returns whether the wall clock has run without a jump for an hour */
  look(wallMs: number, monoMs: number): boolean {
    const offsetMs = wallMs - monoMs;
    if (this.#offsetMs === undefined || Math.abs(offsetMs - this.#offsetMs) > JUMP_MS) this.#sinceMonoMs = monoMs;
    this.#offsetMs = offsetMs;
    return monoMs - this.#sinceMonoMs >= TRUSTED_AFTER_MS;
  }
}
