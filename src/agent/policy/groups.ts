/**
 * Tenants that must not share a host's merging. The kernel has one stable tree for all who offer memory and cannot keep
 * tenants apart, so all that can be done is to let one of them merge on a host, and take the others' memory back. Pure.
 */

import type { PolicyGuest } from './policy-guest.js';
import type { PolicyGroup } from './settings.js';
import { matches } from './pattern.js';

/** The group that merges keeps that while its guests restart, milliseconds. */
const HOLDER_GONE_MS = 600_000;

export interface Holder {
  readonly group: string;
  /** Since when none of its guests is here; undefined: some are. */
  readonly goneSinceMs: number | undefined;
}

/** The first group that one of the patterns puts the guest in. */
export function groupOf(guest: PolicyGuest, groups: readonly PolicyGroup[]): string | undefined {
  const { name, id, identity, kind } = guest;
  return groups.find(({ match }) =>
    match.some((pattern) => matches(pattern, { name, id, identity, kind, group: undefined })),
  )?.name;
}

/**
 * Which group may merge. It stays while it has guests here. Anew it is the one with guests that offer memory and that
 * ksmpilot cannot switch, since these merge whatever is decided; then the one that offers most. What the policy holds
 * back offers nothing, so that after a restart of the agent the choice is the same.
 *
 * @param members guests by group, those that never merge left out
 */
export function chooseHolder(
  groups: readonly PolicyGroup[],
  members: ReadonlyMap<string, readonly PolicyGuest[]>,
  before: Holder | undefined,
  nowMs: number,
): Holder | undefined {
  const present = groups.filter(({ name }) => (members.get(name) ?? []).length > 0);
  if (before !== undefined && groups.some(({ name }) => name === before.group)) {
    if (present.some(({ name }) => name === before.group)) return { group: before.group, goneSinceMs: undefined };
    const goneSinceMs = before.goneSinceMs ?? nowMs;
    if (nowMs - goneSinceMs < HOLDER_GONE_MS) return { group: before.group, goneSinceMs };
  }
  let best: { readonly group: string; readonly fixed: boolean; readonly bytes: number } | undefined;
  for (const { name } of present) {
    const offering = (members.get(name) ?? []).filter(
      ({ heldBy, merge }) => heldBy !== 'policy' && (merge === 'on' || merge === 'mixed'),
    );
    const fixed = offering.some(({ control }) => control?.switchable === false);
    const bytes = offering.reduce((sum, { mergeableBytes }) => sum + (mergeableBytes ?? 0), 0);
    if (best === undefined || (fixed && !best.fixed) || (fixed === best.fixed && bytes > best.bytes)) {
      best = { group: name, fixed, bytes };
    }
  }
  return best === undefined ? undefined : { group: best.group, goneSinceMs: undefined };
}
