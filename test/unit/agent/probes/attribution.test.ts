import { describe, expect, it } from 'vitest';
import { Attribution } from '../../../../src/agent/probes/attribution.js';
import { emptyCounts, type ProcessCounts } from '../../../../src/agent/probes/window.js';

const PID = 7;

function after(...frames: Partial<ProcessCounts>[]): ReturnType<Attribution['breaksOf']> {
  const attribution = new Attribution();
  let row = emptyCounts();
  for (const frame of frames) {
    row = { ...emptyCounts(), ...frame };
    attribution.note(new Map([[PID, row]]));
  }
  return attribution.breaksOf(PID, row);
}

const NONE = { user: 0, kernel: 0, guest: 0, remote: 0, unmerge: 0, pin: 0, zero: 0 };

describe('breaks of a process', () => {
  it('without a virtual machine are its page faults', () => {
    expect(after({ user: 31, kernel: 7 })).toEqual({ ...NONE, user: 31, kernel: 7, guest: 0 });
  });

  it('with a machine count each break once: what exceeds the faults is the guest', () => {
    expect(after({ user: 17, kernel: 5, guest: 122 })).toEqual({ ...NONE, user: 17, kernel: 5, guest: 100 });
  });

  it('before the machine existed stay apart from those it saw', () => {
    // 60 faults with no machine, then 100 guest writes and 10 more faults, which the machine saw too.
    expect(after({ user: 60 }, { user: 70, guest: 110 })).toEqual({ ...NONE, user: 70, kernel: 0, guest: 100 });
  });

  it('are never fewer than the faults, when a frame shows these first', () => {
    expect(after({ user: 12, guest: 10 })).toEqual({ ...NONE, user: 12, kernel: 0, guest: 0 });
  });

  it('of zero pages follow the same rule', () => {
    expect(after({ zero: 5 }, { zero: 8, guestZero: 13 }).zero).toBe(18);
  });

  it('at do_wp_page are what they were counted as', () => {
    const kinds = { user: 1, kernel: 2, remote: 4, unmerge: 5, pin: 6, zero: 7 };
    expect(after({ ...kinds, guestWrite: 3 })).toEqual({ ...kinds, guest: 3 });
  });
});
