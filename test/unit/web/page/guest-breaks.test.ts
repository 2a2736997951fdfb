import { describe, expect, it } from 'vitest';
import type { GuestList__Output } from '../../../../proto/generated/ksmpilot/v1/GuestList.js';
import { GuestBreaks, MAX_GUESTS, MAX_INSTANTS } from '../../../../web/page/guest-breaks.js';

const START = 1_800_000_000_000;

function listAt(sec: number, rates: Readonly<Record<string, number | undefined>>): GuestList__Output {
  const guests = Object.entries(rates).map(([key, rate]) => ({
    key,
    name: `name of ${key}`,
    cow_breaks_per_sec: rate,
  }));
  return { time_ms: START + sec * 1_000, guests, rest: null, pending: 0 } as unknown as GuestList__Output;
}

describe('GuestBreaks', () => {
  it('keeps what each guest broke, and the whole', () => {
    const breaks = new GuestBreaks();
    breaks.push(listAt(0, { a: 1, b: undefined }), 5);
    breaks.push(listAt(1, { a: 2 }), undefined);
    expect([breaks.length, breaks.timeAt(1), breaks.timeAt(2)]).toEqual([2, START + 1_000, NaN]);
    expect([breaks.at('a', 0), breaks.at('a', 1), breaks.at('b', 0), breaks.at('c', 0)]).toEqual([1, 2, null, null]);
    expect([breaks.totalAt(0), breaks.totalAt(1)]).toEqual([5, null]);
    expect(breaks.nameOf('a')).toBe('name of a');
  });

  it('ranks guests by what they broke in a time', () => {
    const breaks = new GuestBreaks();
    breaks.push(listAt(0, { a: 90, b: 1, c: 0 }), 91);
    breaks.push(listAt(10, { a: 1, b: 5, c: 0 }), 6);
    const from = START + 5_000;
    expect(breaks.top(5, START, START + 10_000)).toEqual(['a', 'b']);
    expect(breaks.top(5, from, START + 10_000)).toEqual(['b', 'a']);
    expect(breaks.top(1, from, START + 10_000)).toEqual(['b']);
  });

  it('takes no list twice, and begins anew where the clock was set back', () => {
    const breaks = new GuestBreaks();
    breaks.push(listAt(10, { a: 1 }), 1);
    breaks.push(listAt(10, { a: 2 }), 1);
    breaks.push(listAt(9, { a: 2 }), 1);
    expect([breaks.length, breaks.at('a', 0)]).toEqual([1, 1]);
    breaks.push(listAt(-100, { a: 3 }), 1);
    expect([breaks.length, breaks.at('a', 0)]).toEqual([1, 3]);
  });

  it('holds so many instants and guests, and forgets guests that are gone', () => {
    const breaks = new GuestBreaks();
    const many = Object.fromEntries(Array.from({ length: MAX_GUESTS + 5 }, (_, index) => [`g${index}`, 1]));
    breaks.push(listAt(0, many), 1);
    expect(breaks.top(10_000, START, START)).toHaveLength(MAX_GUESTS);
    for (let sec = 1; sec <= 2 * MAX_INSTANTS; sec += 1) breaks.push(listAt(sec, { last: sec }), sec);
    expect([breaks.length, breaks.timeAt(0)]).toEqual([MAX_INSTANTS, START + (MAX_INSTANTS + 1) * 1_000]);
    // Room was found for it once the others had gone.
    expect(breaks.top(10_000, 0, Infinity)).toEqual(['last']);
  });
});
