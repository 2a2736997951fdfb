/** What the policy remembers from one turn to the next: of guests that are here only, so it is bounded by them. Pure. */

import type { Holder } from './groups.js';
import type { OptOutWatch } from './opt-out.js';
import type { PolicyAction } from './policy-guest.js';

/** A switch that failed is tried again after this, doubled each time up to an hour, milliseconds. */
const RETRY_MS = 60_000;
const RETRY_MAX_MS = 3_600_000;

/** A guest in which nothing was left to switch is looked at again after this: memory may have been plugged in. */
const SETTLED_MS = 600_000;

export interface PolicyState {
  /** Of the groups, the one that merges; undefined: none was needed yet. */
  readonly holder: Holder | undefined;
  /** By key, as all below. */
  readonly watches: ReadonlyMap<string, OptOutWatch>;
  /** Since when merging of these is off because it did not pay. */
  readonly optedOut: ReadonlyMap<string, number>;
  /** Not to be switched before. */
  readonly waiting: ReadonlyMap<string, { readonly untilMs: number; readonly waitMs: number }>;
  /** What was last told of each. */
  readonly told: ReadonlyMap<string, string>;
  readonly lastOptOutMs: number;
}

export const INITIAL_POLICY: PolicyState = {
  holder: undefined,
  watches: new Map(),
  optedOut: new Map(),
  waiting: new Map(),
  told: new Map(),
  lastOptOutMs: -Infinity,
};

/** @param changed false: all was as wished already */
export function noteSwitched(
  state: PolicyState,
  { key, goal, rule }: PolicyAction,
  changed: boolean,
  nowMs: number,
): PolicyState {
  const waiting = new Map(state.waiting);
  waiting.delete(key);
  const optedOut = new Map(state.optedOut);
  if (goal === 'restore') optedOut.delete(key);
  else if (rule === 'opt-out' && changed) optedOut.set(key, nowMs);
  if (goal === 'off' && !changed) waiting.set(key, { untilMs: nowMs + SETTLED_MS, waitMs: 0 });
  return { ...state, waiting, optedOut, lastOptOutMs: rule === 'opt-out' ? nowMs : state.lastOptOutMs };
}

export function noteFailed(state: PolicyState, { key }: Pick<PolicyAction, 'key'>, nowMs: number): PolicyState {
  const before = state.waiting.get(key)?.waitMs ?? 0;
  const waitMs = Math.min(RETRY_MAX_MS, before === 0 ? RETRY_MS : before * 2);
  return { ...state, waiting: new Map([...state.waiting, [key, { untilMs: nowMs + waitMs, waitMs }]]) };
}
