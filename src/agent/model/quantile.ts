/** Reads histograms: their bars say how many, not where between their ends. Pure. */

/** Any unit. */
export interface Bar {
  /** null: no upper end. */
  readonly upper: number | null;
  readonly count: number;
}

/**
 * The least value of which the histogram proves that `share` (0 to 1) of all counts lie below it: the upper end of a bar.
 * Undefined where nothing was counted, or where that share is reached only in the bar without upper end.
 *
 * @param bars ascending
 */
export function boundOf(bars: readonly Bar[], share: number): number | undefined {
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const { upper, count } of bars) {
    seen += count;
    if (count > 0 && seen >= share * total) return upper ?? undefined;
  }
  return undefined;
}
