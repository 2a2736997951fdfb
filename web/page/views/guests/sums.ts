/** What several guests amount to. Pure. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';

const SUMMED = [
  'mergeable_bytes',
  'saved_bytes',
  'zero_bytes',
  'ksmd_cores',
  'worth_per_hour',
  'merges_per_sec',
  'cow_breaks_per_sec',
] as const;

export type Sums = { readonly [Key in (typeof SUMMED)[number]]?: number };

/** A figure that no guest knows is not known of the sum; guests that do not know theirs are left out of it. */
export function sumsOf(guests: readonly Guest__Output[]): Sums {
  const sums: Partial<Record<keyof Sums, number>> = {};
  for (const guest of guests) {
    for (const key of SUMMED) {
      const value = guest[key];
      if (value !== undefined) sums[key] = (sums[key] ?? 0) + value;
    }
  }
  return sums;
}
