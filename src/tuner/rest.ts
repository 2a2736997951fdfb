/**
 * Between rounds `run` is 0: what is merged stays merged. Only the books of memory that is gone do not close by themselves:
 * a process that ends leaves its rmap items, and its `struct mm`, to ksmd's next pass (`__ksm_exit`, mm/ksm.c). Where
 * these are many, ksmd walks one full scan at a low rate to clear them.
 */

/** Pages of which books are kept in vain, beyond those at the start of the rest, that are worth a full scan: 64 B each. */
const TIDY_PAGES = 4096;
const TIDY_SHARE = 1 / 8;

export interface RestState {
  /** Null: not resting. Else the pages known beyond those offered when the rest began, or was last tidied. */
  readonly excess: number | null;
  /** Full scans still to be walked to clear the books; 0: none. */
  readonly toWalk: number;
}

export const initialRest: RestState = { excess: null, toWalk: 0 };

export interface RestInput {
  readonly bursting: boolean;
  readonly walkedScans: number;
  readonly knownPages: number;
  /** Offered pages. */
  readonly level: number;
}

export function updateRest(state: RestState, input: RestInput): RestState {
  if (input.bursting) return initialRest;
  const excess = Math.max(0, input.knownPages - input.level);
  if (state.excess === null) return { excess, toWalk: 0 };
  const toWalk = state.toWalk - Math.max(0, input.walkedScans);
  if (state.toWalk > 0) return toWalk > 0 && excess > state.excess ? { ...state, toWalk } : { excess, toWalk: 0 };
  const untidy = excess - state.excess > Math.max(TIDY_PAGES, TIDY_SHARE * input.level);
  return { excess: Math.min(state.excess, excess), toWalk: untidy ? 1 : 0 };
}
