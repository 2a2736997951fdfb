import { describe, expect, it } from 'vitest';
import type { Guest__Output } from '../../../../../../proto/generated/ksmpilot/v1/Guest.js';
import { GUEST_COLUMNS, GUEST_KEYS, feetOf, guestsWord } from '../../../../../../web/page/views/guests/columns.js';
import { sumsOf } from '../../../../../../web/page/views/guests/sums.js';

const MIB = 1024 ** 2;

function guest(figures: Partial<Guest__Output>): Guest__Output {
  return { kind: 'qemu', name: 'g', id: '1', identity: 'qemu/1', key: 'qemu/1#1.1', pids: [1], doubts: [], ...figures };
}

const show = (key: string, one: Guest__Output): string | undefined =>
  GUEST_COLUMNS.find((column) => column.key === key)?.show(one);

describe('the columns', () => {
  it('are those that can be named in an address', () => {
    expect(GUEST_COLUMNS.map(({ key }) => key)).toEqual(GUEST_KEYS);
  });

  it('show a dash for each figure that is not known', () => {
    const shown = GUEST_COLUMNS.filter(({ key }) => !['name', 'kind', 'curve'].includes(key)).map((column) =>
      column.show(guest({})),
    );
    expect(new Set(shown)).toEqual(new Set(['–']));
  });

  it('mark what is scaled and what is in doubt', () => {
    const scaled = guest({ cow_breaks_per_sec: 12, cow_breaks_total: 100, cow_breaks_seen: 8, doubts: ['no'] });
    expect(show('cow_breaks_per_sec', scaled)).toBe('~12/s');
    expect(show('cow_breaks_per_sec', guest({ cow_breaks_per_sec: 12, cow_breaks_total: 8, cow_breaks_seen: 8 }))).toBe(
      '12/s',
    );
    expect(show('cow_breaks_per_sec', guest({ cow_breaks_per_sec: 0, cow_breaks_total: 9, cow_breaks_seen: 8 }))).toBe(
      '0/s',
    );
    expect(show('kind', scaled)).toBe('qemu (?)');
    expect(show('name', guest({ suspicion: 0.75, suspicion_text: 'Because.' }))).toBe('g (!)');
    expect(show('name', guest({ suspicion: 0.1 }))).toBe('g');
    expect(show('merge_lifetime_p50_s', guest({ merge_lifetime_p50_s: 240 }))).toBe('4 min');
    expect(show('ksmd_cores', guest({ ksmd_cores: 0.021 }))).toBe('2.1 %');
  });

  it('sum what is known at the foot, and leave the rest to its own row', () => {
    const sums = sumsOf([
      guest({ saved_bytes: 3 * MIB, worth_per_hour: 0.2 }),
      guest({ saved_bytes: 2 * MIB }),
      guest({}),
    ]);
    expect(sums).toEqual({ saved_bytes: 5 * MIB, worth_per_hour: 0.2 });
    const [all, rest] = feetOf(sums, '3 guests', { saved_bytes: MIB });
    const at = (key: string): number => GUEST_COLUMNS.findIndex((column) => column.key === key);
    expect(all?.[at('name')]).toBe('3 guests');
    expect(all?.[at('saved_bytes')]).toBe('5.00 MiB');
    expect(all?.[at('mergeable_bytes')]).toBe('–');
    expect(all?.[at('merge')]).toBe('');
    expect(rest?.[at('saved_bytes')]).toBe('1.00 MiB');
    expect(rest?.[at('merges_per_sec')]).toBe('');
    expect(feetOf(sums, '3 guests', undefined)).toHaveLength(1);
  });

  it('count guests in words', () => {
    expect([guestsWord(1, 1), guestsWord(1_000, 1_000), guestsWord(3, 1_000)]).toEqual([
      '1 guest',
      '1,000 guests',
      '3 of 1,000 guests',
    ]);
  });
});
