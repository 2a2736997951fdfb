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

describe('what was saved before the page was opened', () => {
  function young(seconds: number): SavedPast {
    const past = new SavedPast();
    for (let second = 0; second < seconds; second += 1) past.push(listAt(1e9 + second * 1_000, { a: 7, b: 8 }));
    return past;
  }

  it('comes before what came since, in steps alike', () => {
    const past = young(40);
    const times = past.seedTimes;
    const known = times.map((timeMs) => timeMs >= 1e9 - 64_000);
    past.seed(times, new Map([['a', known.map((isKnown) => (isKnown ? 5 : NaN))]]));
    expect(past.times.map((timeMs) => (timeMs - 1e9) / 1_000)).toEqual([-64, -48, -32, -16, 0, 16, 32]);
    expect([...past.of('a')]).toEqual([5, 5, 5, 5, 7, 7, 7]);
    expect([...past.of('b')]).toEqual([NaN, NaN, NaN, NaN, 8, 8, 8]);
    expect([past.hasHistory, young(40).hasHistory]).toEqual([true, false]);
    past.push(listAt(1e9 + 41_000, { a: 9, b: 9 }));
    expect(past.times).toHaveLength(7);
    past.push(listAt(1e9 + 48_000, { a: 9, b: 9 }));
    expect([...past.of('a')].at(-1)).toBe(9);
  });

  it('fits, however much came since', () => {
    const past = young(440);
    const times = past.seedTimes;
    expect(times.length).toBeGreaterThan(0);
    past.seed(times, new Map([['a', times.map(() => 1)]]));
    expect(past.times.length).toBeLessThanOrEqual(MAX_POINTS);
    expect([...past.times]).toEqual([...past.times].sort((a, b) => a - b));
    expect(past.of('a')).toHaveLength(past.times.length);
  });

  it('is asked for once, not before the first list, not for another agent, and not where there is enough', () => {
    expect(new SavedPast().seedTimes).toEqual([]);
    expect(young(600).seedTimes).toEqual([]);
    const past = young(3);
    const times = past.seedTimes;
    past.clear();
    past.push(listAt(2e9, { a: 1 }));
    past.seed(times, new Map([['a', times.map(() => 1)]]));
    expect(past.times).toEqual([2e9]);
    past.seed(past.seedTimes, new Map());
    expect([past.times, past.seedTimes]).toEqual([[2e9], []]);
  });
});
