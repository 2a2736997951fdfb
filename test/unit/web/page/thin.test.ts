import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeriesRing } from '../../../../web/page/series.js';
import { thin } from '../../../../web/page/thin.js';

type Names = 'a' | 'b';
const COLUMNS: readonly Names[] = ['a', 'b'];

function filled(rows: readonly (readonly [number | null, number | null])[]): SeriesRing<Names> {
  const ring = new SeriesRing({ columns: COLUMNS, capacity: 5_000 });
  rows.forEach(([a, b], index) => ring.push(index * 1_000, { a, b }));
  return ring;
}

describe('thin', () => {
  it('keeps everything where there is room, and one row beyond either end', () => {
    const ring = filled(Array.from({ length: 10 }, (_, index) => [index, null]));
    const { times, values } = thin(ring, { columns: COLUMNS, fromMs: 3_000, toMs: 6_000, buckets: 100 });
    expect(times).toEqual([2_000, 3_000, 4_000, 5_000, 6_000]);
    expect(values).toEqual([
      [2, 3, 4, 5, 6],
      [null, null, null, null, null],
    ]);
  });

  it('keeps a spike of one sample in an hour', () => {
    const ring = filled(Array.from({ length: 3_600 }, (_, index) => [index === 1_234 ? 99 : 1, 2]));
    const { times, values } = thin(ring, { columns: COLUMNS, fromMs: 0, toMs: 3_599_000, buckets: 100 });
    expect(values[0]).toContain(99);
    expect(times[values[0]?.indexOf(99) ?? -1]).toBe(1_234_000);
    expect(times.length).toBeLessThan(500);
  });

  it('keeps a gap of one sample in one column', () => {
    const ring = filled(Array.from({ length: 3_600 }, (_, index) => [1, index === 2_000 ? null : 2]));
    const { times, values } = thin(ring, { columns: COLUMNS, fromMs: 0, toMs: 3_599_000, buckets: 50 });
    const gap = values[1]?.indexOf(null) ?? -1;
    expect(times[gap]).toBe(2_000_000);
    expect(values[1]?.filter((value) => value === null)).toHaveLength(1);
  });

  it('invents nothing, and keeps the extremes, for any data', () => {
    const cell = fc.option(fc.integer({ min: -50, max: 50 }), { freq: 8 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 20 }),
        (rows, buckets) => {
          const ring = filled(rows);
          const { times, values } = thin(ring, { columns: COLUMNS, fromMs: 0, toMs: rows.length * 1_000, buckets });
          COLUMNS.forEach((column, place) => {
            const shown = values[place] ?? [];
            expect(shown).toEqual(times.map((time) => ring.at(column, ring.indexFrom(time))));
            const known = rows.map((row) => row[place]).filter((value) => value !== null && value !== undefined);
            const kept = shown.filter((value) => value !== null);
            expect(Math.max(...kept)).toBe(Math.max(...known));
            expect(Math.min(...kept)).toBe(Math.min(...known));
          });
          expect([...times]).toEqual([...new Set(times)].sort((a, b) => a - b));
        },
      ),
    );
  });
});
