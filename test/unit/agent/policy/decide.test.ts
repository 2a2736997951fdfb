import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type PolicyDecision } from '../../../../src/agent/policy/decide.js';
import { groupOf } from '../../../../src/agent/policy/groups.js';
import { parsePattern } from '../../../../src/agent/policy/pattern.js';
import type { PolicyAction, PolicyGuest } from '../../../../src/agent/policy/policy-guest.js';
import type { PolicySettings } from '../../../../src/agent/policy/settings.js';
import { INITIAL_POLICY, noteFailed, noteSwitched, type PolicyState } from '../../../../src/agent/policy/state.js';
import { NO_POLICY, policyGuest } from '../../../helpers/policy-guests.js';

const NEVER: PolicySettings = { ...NO_POLICY, neverMerge: [parsePattern('bank-*')] };
const GROUPS: PolicySettings = {
  ...NO_POLICY,
  groups: [
    { name: 'acme', match: [parsePattern('acme-*')] },
    { name: 'umbrella', match: [parsePattern('umbrella-*')] },
  ],
};
const OPT_OUT: PolicySettings = { ...NO_POLICY, optOut: { ...NO_POLICY.optOut, enabled: true, afterSec: 60 } };

function once(guests: readonly PolicyGuest[], settings: PolicySettings, state = INITIAL_POLICY, nowMs = 0) {
  return decide({ guests, settings, state, nowMs });
}

const told = ({ actions }: PolicyDecision): readonly (readonly [string, string, string | undefined])[] =>
  actions.map(({ name, goal, rule }) => [name, goal, rule]);

describe('a guest that must never merge', () => {
  const bank = policyGuest({ name: 'bank-1' });

  it('is switched off, with the reason', () => {
    const { actions, rows } = once([bank, policyGuest({ name: 'web' })], NEVER);
    expect(actions).toEqual([
      {
        key: 'qemu/bank-1#1.1',
        name: 'bank-1',
        goal: 'off',
        rule: 'never-merge',
        reason: 'it fits "bank-*" of guests.neverMerge',
      },
    ]);
    expect(rows.map(({ standing }) => standing)).toEqual(['switch', 'fits']);
  });

  it.each([
    ['held by the policy', { heldBy: 'policy' }, 'held'],
    ["an operator's", { heldBy: 'operator' }, 'operator'],
    ['off by itself', { merge: 'off' }, 'fits'],
    ["somebody else's monitor", { control: { switchable: false, why: 'It belongs to libvirtd.' } }, 'by-hand'],
    ['not looked at', { control: null }, 'waits'],
  ] as const)('is left alone: %s', (_why, change, standing) => {
    const { actions, rows } = once([{ ...bank, ...change }], NEVER);
    expect(actions).toEqual([]);
    expect(rows[0]).toMatchObject({ wish: 'off', standing });
  });

  it('is tried again later where it failed', () => {
    const failed = noteFailed(INITIAL_POLICY, { key: bank.key }, 0);
    expect(told(once([bank], NEVER, failed, 59_999))).toEqual([]);
    expect(told(once([bank], NEVER, failed, 60_000))).toEqual([['bank-1', 'off', 'never-merge']]);
  });

  it('is put back when the settings no longer name it', () => {
    expect(told(once([{ ...bank, heldBy: 'policy' }], NO_POLICY))).toEqual([['bank-1', 'restore', undefined]]);
  });
});

describe('what is to be told', () => {
  it('is told once', () => {
    const guests = [
      policyGuest({ name: 'bank-1', control: { switchable: false, why: 'It belongs to libvirtd.' } }),
      policyGuest({ name: 'bank-2', heldBy: 'operator' }),
    ];
    const first = once(guests, NEVER);
    expect(first.notices).toMatchObject([
      { name: 'bank-1', what: 'by-hand', reason: 'it fits "bank-*" of guests.neverMerge. It belongs to libvirtd.' },
      { name: 'bank-2', what: 'left' },
    ]);
    expect(once(guests, NEVER, first.state).notices).toEqual([]);
  });
});

describe('groups', () => {
  const acme = [policyGuest({ name: 'acme-1' }), policyGuest({ name: 'acme-2' })];
  const umbrella = policyGuest({ name: 'umbrella-1' });

  it('merge one at a time; guests of none are left alone', () => {
    const decision = once([umbrella, ...acme, policyGuest({ name: 'web' })], GROUPS);
    expect(told(decision)).toEqual([['umbrella-1', 'off', 'group']]);
    expect(decision.state.holder?.group).toBe('acme');
    expect(decision.actions[0]?.reason).toBe('it is of the group umbrella, and on this host the group acme merges');
  });

  it('whose guests never merge anyway take no part', () => {
    const settings = { ...GROUPS, neverMerge: [parsePattern('group:acme')] };
    const decision = once([umbrella, ...acme], settings);
    expect(decision.state.holder?.group).toBe('umbrella');
    expect(told(decision)).toEqual([
      ['acme-1', 'off', 'never-merge'],
      ['acme-2', 'off', 'never-merge'],
    ]);
  });
});

describe('a guest whose merging does not pay', () => {
  const churn = (change: Partial<PolicyGuest> = {}): PolicyGuest =>
    policyGuest({ name: 'churn', worthCores: -0.01, mergesTotal: 1000, cowBreaksTotal: 1000, ...change });

  it('is switched off in time, stays off, and gets another try', () => {
    const start = once([churn({ mergesTotal: 0, cowBreaksTotal: 0 })], OPT_OUT);
    const due = once([churn()], OPT_OUT, start.state, 60_000);
    expect(told(due)).toEqual([['churn', 'off', 'opt-out']]);
    const [action] = due.actions;
    const off = noteSwitched(due.state, action as PolicyAction, true, 60_000);
    const held = churn({ heldBy: 'policy' });
    expect(once([held], OPT_OUT, off, 86_400_000 + 59_999)).toMatchObject({
      actions: [],
      rows: [{ standing: 'held' }],
    });
    expect(told(once([held], OPT_OUT, off, 86_400_000 + 60_000))).toEqual([['churn', 'restore', undefined]]);
    const never = { ...OPT_OUT, optOut: { ...OPT_OUT.optOut, retrySec: 0 } };
    expect(told(once([held], never, off, 1e12))).toEqual([]);
  });

  it('goes one at a time, a minute apart', () => {
    const names = ['a', 'b', 'c'];
    const guests = (total: number): readonly PolicyGuest[] =>
      names.map((name) => ({ ...churn({ mergesTotal: total, cowBreaksTotal: total }), ...policyNames(name) }));
    const start = once(guests(0), OPT_OUT);
    const due = once(guests(1000), OPT_OUT, start.state, 60_000);
    expect(told(due)).toEqual([['a', 'off', 'opt-out']]);
    const after = noteSwitched(due.state, due.actions[0] as PolicyAction, true, 60_000);
    const [, b, c] = guests(2000);
    const rest = [b as PolicyGuest, c as PolicyGuest];
    expect(told(once(rest, OPT_OUT, after, 119_999))).toEqual([]);
    expect(told(once(rest, OPT_OUT, after, 120_000))).toEqual([['b', 'off', 'opt-out']]);
  });

  it('is never a lone process', () => {
    const start = once([churn({ kind: 'process', mergesTotal: 0, cowBreaksTotal: 0 })], OPT_OUT);
    expect(told(once([churn({ kind: 'process' })], OPT_OUT, start.state, 60_000))).toEqual([]);
  });
});

function policyNames(name: string): Pick<PolicyGuest, 'key' | 'identity' | 'name' | 'id'> {
  const { key, identity, id } = policyGuest({ name });
  return { key, identity, name, id };
}

const SETTINGS = fc.record({
  neverMerge: fc.constantFrom([], [parsePattern('bank-*')]),
  groups: fc.constantFrom([], GROUPS.groups),
  optOut: fc.constantFrom(NO_POLICY.optOut, OPT_OUT.optOut),
});

const GUESTS = fc.uniqueArray(
  fc.record({
    name: fc.tuple(fc.constantFrom('bank', 'acme', 'umbrella', 'web'), fc.nat(9)).map(([stem, n]) => `${stem}-${n}`),
    merge: fc.constantFrom('on', 'off', 'mixed', null),
    heldBy: fc.constantFrom('policy', 'operator', null, null),
    control: fc.constantFrom(null, { switchable: true, why: '' }, { switchable: false, why: 'Not here.' }),
    worthCores: fc.constantFrom(null, -1, 1),
    mergesTotal: fc.constantFrom(null, 0, 1000),
    cowBreaksTotal: fc.constantFrom(null, 0, 1000),
    mergeableBytes: fc.constantFrom(null, 0, 1, 2 ** 30),
  }),
  { selector: ({ name }) => name, maxLength: 20 },
);

describe('whatever guests there are', () => {
  it('few are switched in a turn, none of an operator, none without need', () => {
    fc.assert(
      fc.property(SETTINGS, GUESTS, (settings, list) => {
        const guests = list.map(policyGuest);
        const { actions, state } = once(guests, settings);
        expect(actions.length).toBeLessThanOrEqual(4);
        for (const { key, goal } of actions) {
          const guest = guests.find((one) => one.key === key);
          expect(guest?.heldBy).toBe(goal === 'off' ? null : 'policy');
          if (goal === 'off') {
            expect(guest?.control?.switchable).toBe(true);
            expect(guest?.merge).not.toBe('off');
          }
        }
        for (const map of [state.watches, state.optedOut, state.waiting, state.told]) {
          expect(map.size).toBeLessThanOrEqual(guests.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('carrying out comes to an end, and then groups are apart', () => {
    fc.assert(
      fc.property(SETTINGS, GUESTS, (settings, list) => {
        const { guests, state, nowMs, turns } = carriedOut(list.map(policyGuest), settings);
        expect(turns).toBeLessThan(30);
        const { rows } = once(guests, settings, state, nowMs);
        // Of different groups, only one has guests that merge, but for those out of reach.
        const merging = rows.filter(
          ({ guest, wish }) => wish === 'leave' && groupOf(guest, settings.groups) !== undefined,
        );
        expect(new Set(merging.map(({ group }) => group)).size).toBeLessThanOrEqual(1);
        const inReach = rows.filter(({ wish, guest }) => wish === 'off' && guest.control?.switchable === true);
        for (const { guest, standing } of inReach) {
          expect(guest.merge === 'off' || guest.heldBy !== null || standing === 'waits').toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Turn by turn, until nothing is to be done any more. Time passes, so that what is due comes. */
function carriedOut(start: readonly PolicyGuest[], settings: PolicySettings) {
  let guests = start;
  let state: PolicyState = INITIAL_POLICY;
  let nowMs = 0;
  let turns = 0;
  for (; turns < 40; turns += 1) {
    const decision = once(guests, settings, state, nowMs);
    ({ state } = decision);
    for (const action of decision.actions) {
      const heldBy = action.goal === 'off' ? 'policy' : null;
      guests = guests.map((guest) => (guest.key === action.key ? { ...guest, heldBy } : guest));
      state = noteSwitched(state, action, true, nowMs);
    }
    nowMs += 5000;
    if (decision.actions.length === 0) break;
  }
  return { guests, state, nowMs, turns };
}
