import { describe, expect, it } from 'vitest';
import type { PolicyAction } from '../../../../src/agent/policy/policy-guest.js';
import { INITIAL_POLICY, noteFailed, noteSwitched } from '../../../../src/agent/policy/state.js';

const OFF: PolicyAction = { key: 'k', name: 'n', goal: 'off', rule: 'opt-out', reason: '' };

describe('what is remembered', () => {
  it('of failures: to wait longer each time, an hour at most', () => {
    const waits: (number | undefined)[] = [];
    let state = INITIAL_POLICY;
    for (let times = 0; times < 9; times += 1) {
      state = noteFailed(state, OFF, 0);
      waits.push(state.waiting.get('k')?.untilMs);
    }
    expect(waits.map((ms) => (ms ?? 0) / 60_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(noteSwitched(state, OFF, true, 0).waiting.size).toBe(0);
  });

  it('of a guest that did not pay: since when, until it is put back', () => {
    const off = noteSwitched(INITIAL_POLICY, OFF, true, 7);
    expect([off.optedOut.get('k'), off.lastOptOutMs]).toEqual([7, 7]);
    expect(noteSwitched(off, { ...OFF, goal: 'restore', rule: undefined }, true, 9).optedOut.size).toBe(0);
    expect(noteSwitched(INITIAL_POLICY, { ...OFF, rule: 'group' }, true, 7).optedOut.size).toBe(0);
  });

  it('of a guest in which nothing was left to switch: to look again later', () => {
    const state = noteSwitched(INITIAL_POLICY, { ...OFF, rule: 'never-merge' }, false, 1000);
    expect(state.waiting.get('k')).toEqual({ untilMs: 601_000, waitMs: 0 });
  });
});
