/** At which resolutions the past is kept, and for how long. */

import type { Config } from '../config.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const MINUTE_MS = MINUTE;
export const HOUR_MS = HOUR;
export const DAY_MS = DAY;

export interface Tier {
  /** In the file. */
  readonly id: number;
  readonly of: 'host' | 'guests';
  /** Time that a row stands for; 0: a sample each. */
  readonly spanMs: number;
  /**
   * Rows of so much time are put together once they are over, series by series: a long run of one figure takes least
   * space. A multiple of an hour where minutes are kept, so that an hour's minutes stay loose until the hour is told.
   */
  readonly blockMs: number;
}

export const TIERS = {
  samples: { id: 0, of: 'host', spanMs: 0, blockMs: 10 * MINUTE },
  minutes: { id: 1, of: 'host', spanMs: MINUTE, blockMs: 4 * HOUR },
  hours: { id: 2, of: 'host', spanMs: HOUR, blockMs: 4 * DAY },
  guestMinutes: { id: 3, of: 'guests', spanMs: MINUTE, blockMs: 2 * HOUR },
  guestHours: { id: 4, of: 'guests', spanMs: HOUR, blockMs: 4 * DAY },
} as const satisfies Record<string, Tier>;

export type TierName = keyof typeof TIERS;

export const TIER_NAMES = Object.keys(TIERS) as TierName[];

/** What goes first when the file is at its cap: what takes most space and is told by another tier as well. */
export const EVICTED_FIRST: readonly TierName[] = ['guestMinutes', 'samples', 'minutes', 'guestHours', 'hours'];

export type Retention = Readonly<Record<TierName, number>>;

/** Milliseconds that each tier is kept. */
export function retentionOf({ rawHours, minuteDays, hourDays }: Config['history']): Retention {
  return {
    samples: rawHours * HOUR,
    minutes: minuteDays * DAY,
    hours: hourDays * DAY,
    guestMinutes: minuteDays * DAY,
    guestHours: hourDays * DAY,
  };
}
