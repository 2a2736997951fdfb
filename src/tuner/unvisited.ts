/**
 * Mergeable memory that ksmd has not visited. What processes offer is an upper bound: a guest's process also owns memory
 * that cannot merge. What is still unknown to ksmd after it has walked a whole full scan is such memory; what was
 * offered since may be mergeable, at the part that the rest turned out to be.
 */

import type { Figure } from './figure.js';
import type { Gauges, Interval } from './reading.js';

export interface UnvisitedState {
  /** Offered pages that ksmd walked past without getting to know them; null before the first interval. */
  readonly outside: number | null;
  /** Full scans walked since what was offered last grew. */
  readonly walked: number;
}

export const initialUnvisited: UnvisitedState = { outside: null, walked: 0 };

/** Part of offered memory supposed to be mergeable, and how many known pages (16 MiB) that weighs. */
const PRIOR_SHARE = 0.9;
const PRIOR_PAGES = 4096;

/** Growth of what is offered, as a part of it, from which what has not been visited counts as new again. */
const NEW_SHARE = 0.005;
const NEW_PAGES = 256;

export function updateUnvisited(state: UnvisitedState, interval: Interval, scans: number): UnvisitedState {
  const { from, to } = interval;
  if (from === undefined || to === undefined || from.offered === null || to.offered === null) return state;
  const unknown = Math.max(0, to.offered - to.known);
  const outside = Math.min(unknown, state.outside ?? firstLook(from));
  const grew = to.offered - from.offered > Math.max(NEW_PAGES, NEW_SHARE * from.offered);
  // The full scan in which memory came may have passed its place already.
  const walked = grew ? 0 : Math.min(2, state.walked + scans);
  return { outside: walked >= 1 ? unknown : outside, walked };
}

/** What ksmd does not know after two full scans is most likely no memory of its own; before them nothing is known. */
function firstLook({ offered, known, settled }: Gauges): number {
  return settled ? Math.max(0, (offered ?? 0) - known) / 2 : 0;
}

/** Pages that ksmd has not visited and that are expected to be mergeable; null where the host cannot say what is offered. */
export function unvisitedMergeable(state: UnvisitedState, gauges: Gauges): Figure | null {
  if (gauges.offered === null) return null;
  const unknown = Math.max(0, gauges.offered - gauges.known);
  const outside = Math.min(unknown, state.outside ?? firstLook(gauges));
  const share = (gauges.known + PRIOR_SHARE * PRIOR_PAGES) / (gauges.known + outside + PRIOR_PAGES);
  const fresh = unknown - outside;
  // A process is all mergeable or not at all, as far as can be known: nothing averages out.
  return { value: fresh * share, plusMinus: fresh * Math.sqrt(share * (1 - share)) };
}
