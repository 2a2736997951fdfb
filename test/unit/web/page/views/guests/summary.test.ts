import { describe, expect, it } from 'vitest';
import type { Guest__Output } from '../../../../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList__Output } from '../../../../../../proto/generated/ksmpilot/v1/GuestList.js';
import { summaryOf } from '../../../../../../web/page/views/guests/summary.js';

const MIB = 1024 ** 2;

function guest(figures: Partial<Guest__Output>): Guest__Output {
  return { kind: 'qemu', name: 'g', id: '1', identity: 'qemu/1', key: 'qemu/1#1.1', pids: [1], doubts: [], ...figures };
}

function list(guests: Guest__Output[], pending = 0): GuestList__Output {
  return { time_ms: 1, guests, rest: null, pending, side_channel: null };
}

describe('the summary', () => {
  it('says what guests save, who loses, who is off, and what is not looked at yet', () => {
    const guests = [
      guest({ saved_bytes: 3 * MIB, worth_per_hour: 0.2 }),
      guest({ saved_bytes: 0, worth_per_hour: -0.1 }),
      guest({ merge: 'off' }),
    ];
    expect(summaryOf(list(guests, 1))).toBe(
      '3 guests save 3.00 MiB, worth +0.100 cores. 1 costs more than it saves. 1 offers no memory. 1 process is not looked at yet.',
    );
    expect(summaryOf(list([guest({ saved_bytes: MIB })]))).toBe('1 guest saves 1.00 MiB.');
  });

  it('says what it does not know', () => {
    expect(summaryOf(undefined)).toBe('Waiting for the first look at the guests.');
    expect(summaryOf(list([]))).toBe('No guests.');
    expect(summaryOf(list([guest({})]))).toBe('1 guest. What each saves is not known on this host.');
  });
});
