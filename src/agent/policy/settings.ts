/** What an operator wants of guests, as the policy takes it. Types only; src/agent/guests-config.ts has the settings. */

import type { Pattern } from './pattern.js';

export interface PolicySettings {
  readonly neverMerge: readonly Pattern[];
  /** Tenants; at most one of them merges on this host. The first whose pattern fits has the guest. */
  readonly groups: readonly PolicyGroup[];
  readonly optOut: OptOutSettings;
}

export interface PolicyGroup {
  readonly name: string;
  readonly match: readonly Pattern[];
}

export interface OptOutSettings {
  readonly enabled: boolean;
  /** COW breaks for each merge from which merging does not pay. */
  readonly minBreakRatio: number;
  /** Half of its merges end before that, seconds; not asked where too few were timed in the last hour or two. */
  readonly maxLifetimeSec: number;
  /** Worth from which down merging does not pay, cores. */
  readonly maxWorthCores: number;
  /** All of that must have held for so long, seconds. */
  readonly afterSec: number;
  /** An event says so this long before, seconds; within `afterSec`. */
  readonly noticeSec: number;
  /** Merging gets another try after so long, seconds; 0: never. */
  readonly retrySec: number;
}
