import { describe, expect, it } from 'vitest';
import { derived, drawableOf, nearestRow, rolledUp } from '../../../../../web/page/charts/drawable.js';
import { blockOf } from '../../../../../web/page/past/block.js';
import { SeriesRing } from '../../../../../web/page/series.js';

const COLUMNS = ['a', 'b'] as const;

/** Samples of a = the second, b unknown, from one second to another. */
function ringOf(fromSec: number, toSec: number): SeriesRing<'a' | 'b'> {
  const ring = new SeriesRing({ columns: COLUMNS, capacity: 10_000 });
  for (let sec = fromSec; sec <= toSec; sec += 1) ring.push(sec * 1_000, { a: sec });
  return ring;
}

/** Minutes from 0 on: a = the middle second of each. */
function minutes(count: number): ReturnType<typeof blockOf> {
  const time_ms = Array.from({ length: count }, (_, index) => index * 60_000);
  const mean = time_ms.map((time) => time / 1_000 + 30);
  const column = { name: 'a', mean, min: mean.map((x) => x - 30), max: mean.map((x) => x + 30) };
  return blockOf({ resolution_ms: 60_000, time_ms, columns: [column], problem: '' }, 0, count * 60_000);
}

const options = { columns: COLUMNS, fromMs: 0, toMs: 600_000, buckets: 500 };

describe('drawableOf', () => {
  it('draws the ring alone where it holds all', () => {
    const drawn = drawableOf(ringOf(0, 600), minutes(10), options);
    expect(drawn.times).toHaveLength(601);
    expect(drawn.hasBand).toBe(false);
    expect(drawn.values[1]?.every((value) => value === null)).toBe(true);
  });

  it('draws history and then the ring, rolled up alike, without a row of both', () => {
    const drawn = drawableOf(ringOf(300, 600), minutes(9), options);
    expect(drawn.times.every((time, index) => index === 0 || time > (drawn.times[index - 1] ?? 0))).toBe(true);
    // The mean of the seconds 300 to 359 is their middle, as in the history.
    expect(drawn.times.slice(0, 7)).toEqual([30, 90, 150, 210, 270, 330, 390].map((sec) => sec * 1_000));
    expect(drawn.values[0]?.slice(3, 7)).toEqual([210, 270, 329.5, 389.5]);
    expect(drawn.low[0]?.slice(4, 6)).toEqual([240, 300]);
    expect(drawn.high[0]?.slice(4, 6)).toEqual([300, 359]);
    expect(drawn.hasBand).toBe(true);
  });

  it('draws the history alone where the ring begins later, and what it does not keep as unknown', () => {
    const drawn = drawableOf(ringOf(5_000, 5_010), minutes(10), options);
    expect(drawn.times.at(-1)).toBe(570_000);
    expect(drawn.values[1]).toEqual(drawn.times.map(() => null));
  });

  it('has nothing where there is nothing', () => {
    expect(drawableOf(new SeriesRing({ columns: COLUMNS, capacity: 5 }), undefined, options).times).toEqual([]);
  });
});

describe('rolledUp', () => {
  it('leaves a gap where a slice has no samples', () => {
    const ring = ringOf(0, 20);
    ring.push(95_000, { a: 95 });
    const { times, values } = rolledUp(ring, options, 10_000);
    expect(times).toEqual([5_000, 15_000, 25_000, 30_000, 95_000]);
    expect(values[0]).toEqual([4.5, 14.5, 20, null, 95]);
  });
});

describe('derived', () => {
  it('makes one figure of each row', () => {
    const values = [
      [1, 2, null],
      [10, null, 30],
    ];
    const drawn = { times: [1, 2, 3], values, low: values, high: values, hasBand: false };
    const sum = ([a, b]: readonly (number | null)[]): number | null =>
      typeof a === 'number' && typeof b === 'number' ? a + b : null;
    expect(derived(drawn, sum)).toEqual([11, null, null]);
  });
});

describe('nearestRow', () => {
  it('finds the nearest within reach', () => {
    const times = [10, 20, 30];
    expect([9, 14, 16, 31].map((time) => nearestRow(times, time, 5))).toEqual([0, 0, 1, 2]);
    expect(nearestRow(times, 40, 5)).toBeUndefined();
    expect(nearestRow([], 40, 5)).toBeUndefined();
  });
});
