/** How long merges that broke lately had lived: what the agent's merge-lifetime probe would say on a simulated host. */

import type { ContentSet } from './content-set.js';

/** Seconds that breaks are remembered for, fading: the agent looks at the last minutes. */
const MEMORY_SEC = 300;

/** Fewer breaks than this say nothing of a median; as in the agent. */
const ENOUGH = 20;

/** By set: breaks that fade with time, and when they were last brought up to date. */
export type RecentBreaks = Map<ContentSet, { breaks: number; at: number }>;

export function noteBreaks(recent: RecentBreaks, set: ContentSet, breaks: number, now: number): void {
  const before = recent.get(set);
  recent.set(set, { breaks: (before === undefined ? 0 : faded(before, now)) + breaks, at: now });
}

/** Median, seconds; null when too few broke. Contents that live exponentially have merges that do so as well. */
export function brokenLifetimeSec(recent: RecentBreaks, now: number): number | null {
  const parts = [...recent]
    .filter(([set]) => set.rate > 0)
    .map(([set, entry]) => ({ rate: set.rate, breaks: faded(entry, now) }));
  const total = parts.reduce((sum, { breaks }) => sum + breaks, 0);
  if (total < ENOUGH) return null;
  const livingAt = (seconds: number): number =>
    parts.reduce((sum, { rate, breaks }) => sum + breaks * Math.exp(-rate * seconds), 0) / total;
  let low = 0;
  let high = Math.LN2 / Math.min(...parts.map(({ rate }) => rate));
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (livingAt(middle) > 0.5) low = middle;
    else high = middle;
  }
  return high;
}

function faded({ breaks, at }: { readonly breaks: number; readonly at: number }, now: number): number {
  return breaks * Math.exp(-(now - at) / MEMORY_SEC);
}
