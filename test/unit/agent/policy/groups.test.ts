import { describe, expect, it } from 'vitest';
import { chooseHolder, groupOf } from '../../../../src/agent/policy/groups.js';
import { parsePattern } from '../../../../src/agent/policy/pattern.js';
import { policyGuest } from '../../../helpers/policy-guests.js';

const GROUPS = ['acme', 'umbrella', 'others'].map((name) => ({
  name,
  match: [parsePattern(name === 'others' ? '*' : `${name}-*`)],
}));
const A = policyGuest({ name: 'acme-1', mergeableBytes: 5 });
const U = policyGuest({ name: 'umbrella-1', mergeableBytes: 9 });

describe('the group of a guest', () => {
  it('is the first that fits', () => {
    expect(groupOf(A, GROUPS)).toBe('acme');
    expect(groupOf(policyGuest({ name: 'web' }), GROUPS)).toBe('others');
    expect(groupOf(policyGuest({ name: 'web' }), GROUPS.slice(0, 2))).toBeUndefined();
  });
});

describe('the group that merges', () => {
  const both = new Map([
    ['acme', [A]],
    ['umbrella', [U]],
  ]);

  it('is the one that offers most, of equals the first', () => {
    expect(chooseHolder(GROUPS, both, undefined, 0)).toEqual({ group: 'umbrella', goneSinceMs: undefined });
    const even = new Map([
      ['umbrella', [{ ...U, mergeableBytes: 5 }]],
      ['acme', [A]],
    ]);
    expect(chooseHolder(GROUPS, even, undefined, 0)?.group).toBe('acme');
  });

  it('is one that merges whatever is decided, before all', () => {
    const fixed = new Map([...both, ['acme', [{ ...A, control: { switchable: false, why: 'libvirt' } }]]]);
    expect(chooseHolder(GROUPS, fixed, undefined, 0)?.group).toBe('acme');
  });

  it('is none that the policy holds back: an agent that starts anew goes on where the last one ended', () => {
    const held = new Map([...both, ['umbrella', [{ ...U, heldBy: 'policy' as const }]]]);
    expect(chooseHolder(GROUPS, held, undefined, 0)?.group).toBe('acme');
  });

  it('stays while its guests restart, and no longer', () => {
    const holder = { group: 'acme', goneSinceMs: undefined };
    expect(chooseHolder(GROUPS, both, holder, 0)).toEqual(holder);
    const without = new Map([['umbrella', [U]]]);
    const gone = chooseHolder(GROUPS, without, holder, 1000);
    expect(gone).toEqual({ group: 'acme', goneSinceMs: 1000 });
    expect(chooseHolder(GROUPS, without, gone, 600_999)).toEqual(gone);
    expect(chooseHolder(GROUPS, both, gone, 600_999)).toEqual(holder);
    expect(chooseHolder(GROUPS, without, gone, 601_000)?.group).toBe('umbrella');
  });

  it('is none where no guest is of any', () => {
    expect(chooseHolder(GROUPS, new Map(), undefined, 0)).toBeUndefined();
    expect(chooseHolder([], both, { group: 'acme', goneSinceMs: undefined }, 0)).toBeUndefined();
  });
});
