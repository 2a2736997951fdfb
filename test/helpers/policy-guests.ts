/** Guests and settings for tests of the policy. */

import type { PolicyGuest } from '../../src/agent/policy/policy-guest.js';
import type { PolicySettings } from '../../src/agent/policy/settings.js';

export const NO_POLICY: PolicySettings = {
  neverMerge: [],
  groups: [],
  optOut: {
    enabled: false,
    minBreakRatio: 0.7,
    maxLifetimeSec: 600,
    maxWorthCores: 0,
    afterSec: 3600,
    noticeSec: 600,
    retrySec: 86_400,
  },
};

/** One that merges, and that can be switched. */
export function policyGuest(change: Partial<PolicyGuest> & { readonly name: string }): PolicyGuest {
  const { name } = change;
  return {
    key: `qemu/${name}#1.1`,
    identity: `qemu/${name}`,
    kind: 'qemu',
    id: name,
    merge: 'on',
    mergeableBytes: 2 ** 30,
    worthCores: 0.1,
    mergesTotal: 0,
    cowBreaksTotal: 0,
    mergeLifetimeP50Sec: null,
    heldBy: null,
    control: { switchable: true, why: '' },
    ...change,
  };
}
