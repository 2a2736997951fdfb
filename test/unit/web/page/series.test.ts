import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeriesRing } from '../../../../web/page/series.js';

const ring = (capacity = 10) => new SeriesRing({ columns: ['a', 'b'], capacity });
const column = (of: SeriesRing<'a' | 'b'>, name: 'a' | 'b') =>
  Array.from({ length: of.length }, (_, index) => of.at(name, index));

describe('SeriesRing', () => {
  it('keeps what is missing apart from zero', () => {
    const series = ring();
    series.push(1_000, { a: 0 });
    series.push(2_000, { a: null, b: 5 });
    expect(column(series, 'a')).toEqual([0, null]);
    expect(column(series, 'b')).toEqual([null, 5]);
    expect(series.at('a', 2)).toBeNull();
    expect(series.at('a', -1)).toBeNull();
  });

  it('drops the oldest beyond its capacity', () => {
    const series = ring(3);
    for (let at = 1; at <= 5; at += 1) series.push(at * 1_000, { a: at });
    expect(column(series, 'a')).toEqual([3, 4, 5]);
    expect([series.oldestMs, series.newestMs]).toEqual([3_000, 5_000]);
  });

  it('puts a gap where sampling paused', () => {
    const series = ring();
    series.push(1_000, { a: 1 });
    series.push(2_000, { a: 2 });
    series.push(9_000, { a: 3 });
    expect(column(series, 'a')).toEqual([1, 2, null, 3]);
    expect(series.timeAt(2)).toBe(2_001);
  });

  it('takes a long sampling interval for what it is', () => {
    const series = ring(20);
    for (let at = 1; at <= 6; at += 1) series.push(at * 10_000, { a: at });
    expect(column(series, 'a').slice(-4)).toEqual([3, 4, 5, 6]);
  });

  it('leaves out what was sent twice, and starts anew when the clock was set back', () => {
    const series = ring();
    series.push(10_000, { a: 1 });
    expect(series.push(10_000, { a: 2 })).toBe(false);
    expect(series.push(9_000, { a: 2 })).toBe(false);
    expect(column(series, 'a')).toEqual([1]);
    expect(series.push(4_000, { a: 3 })).toBe(true);
    expect(column(series, 'a')).toEqual([3]);
  });

  it('finds rows by time', () => {
    const series = ring();
    for (const at of [1_000, 2_000, 3_000]) series.push(at, { a: at });
    expect([0, 1_000, 1_001, 3_000, 3_001].map((at) => series.indexFrom(at))).toEqual([0, 0, 1, 2, 3]);
    expect([0, 1_400, 1_600, 9_000].map((at) => series.nearest(at))).toEqual([0, 0, 1, 2]);
    expect(ring().nearest(1)).toBeUndefined();
  });

  it('never holds more than its capacity, and its times always rise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50_000), fc.nat(9)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (pushes, capacity) => {
          const series = ring(capacity);
          for (const [at, value] of pushes) series.push(at, { a: value });
          expect(series.length).toBeLessThanOrEqual(capacity);
          for (let index = 1; index < series.length; index += 1) {
            expect(series.timeAt(index)).toBeGreaterThan(series.timeAt(index - 1));
          }
        },
      ),
    );
  });
});
