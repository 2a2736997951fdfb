import { describe, expect, it } from 'vitest';
import type { GuestList__Output } from '../../../../proto/generated/ksmpilot/v1/GuestList.js';
import { MAX_POINTS, SavedPast } from '../../../../web/page/saved-past.js';

function listAt(timeMs: number, saved: Readonly<Record<string, number | undefined>>): GuestList__Output {
  const guests = Object.entries(saved).map(([key, saved_bytes]) => ({
    key,
    ...(saved_bytes !== undefined && { saved_bytes }),
  }));
  return { time_ms: timeMs, guests, rest: null, pending: 0 } as unknown as GuestList__Output;
}

describe('what guests saved', () => {
  it('is one point a second at first, with gaps where it was not known', () => {
    const past = new SavedPast();
    past.push(listAt(1_000, { a: 10 }));
    past.push(listAt(1_400, { a: 11 }));
    past.push(listAt(2_000, { a: 20, b: 5 }));
    past.push(listAt(3_000, { a: undefined, b: 6 }));
    expect([...past.of('a')]).toEqual([10, 20, NaN]);
    expect([...past.of('b')]).toEqual([NaN, 5, 6]);
    expect(past.times).toEqual([1_000, 2_000, 3_000]);
    expect(past.spanMs).toBe(2_000);
    expect([...past.of('c')]).toEqual([]);
  });

  it('always spans all of it in a bounded number of points', () => {
    const past = new SavedPast();
    for (let second = 0; second < 10_000; second += 1) past.push(listAt(second * 1_000, { a: second }));
    expect(past.times.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(past.times.length).toBeGreaterThanOrEqual(MAX_POINTS / 2);
    expect(past.times[0]).toBe(0);
    expect(past.spanMs).toBeGreaterThan(9_800_000);
    expect([...past.of('a')]).toEqual(past.times.map((time) => time / 1_000));
  });

  it('forgets the oldest once the steps are at their longest', () => {
    const past = new SavedPast();
    for (let minute = 0; minute < 3_000; minute += 1) past.push(listAt(minute * 60_000, { a: minute }));
    expect(past.times.length).toBe(MAX_POINTS);
    expect(past.times[0]).toBeGreaterThan(0);
    expect(past.of('a').at(-1)).toBe((past.times.at(-1) ?? 0) / 60_000);
  });

  it('forgets guests that are gone, and all when the clock went back', () => {
    const past = new SavedPast();
    past.push(listAt(1_000, { a: 1, b: 2 }));
    past.push(listAt(2_000, { b: 3 }));
    expect([...past.of('a')]).toEqual([]);
    past.push(listAt(500, { b: 9 }));
    expect([...past.of('b')]).toEqual([9]);
    expect(past.times).toEqual([500]);
  });
});
