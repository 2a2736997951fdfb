import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRows, encodeRows, type Row } from '../../../../src/agent/history-store/codec.js';
import { makeLayout } from '../../../../src/agent/history-store/layout.js';

const LAYOUT = makeLayout(
  [
    { name: 'bytes', kind: 'gauge', per: 1 },
    { name: 'cores', kind: 'gauge', per: 1_000_000 },
    { name: 'kib', kind: 'gauge', per: 1 / 1024 },
    { name: 'count', kind: 'total', per: 1 },
  ],
  true,
);

const figure = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -(2 ** 45), max: 2 ** 45, noNaN: true }) },
  fc.constant(Number.NaN),
  fc.integer({ min: -3, max: 3 }),
);
const row: fc.Arbitrary<Row> = fc.record({
  series: fc.nat(5000),
  timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  values: fc
    .array(figure, { minLength: LAYOUT.columns.length, maxLength: LAYOUT.columns.length })
    .map((values) => Float64Array.from(values)),
});

describe('rows as bytes', () => {
  it('come back, each figure to half a step of its unit', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const back = decodeRows(LAYOUT, encodeRows(LAYOUT, rows));
        expect(back.map(({ series, timeMs }) => [series, timeMs])).toEqual(rows.map((one) => [one.series, one.timeMs]));
        rows.forEach(({ values }, index) => {
          LAYOUT.columns.forEach(({ per }, column) => {
            const before = values[column] ?? Number.NaN;
            const after = back[index]?.values[column] ?? Number.NaN;
            if (Math.abs(before * per) < 2 ** 51)
              expect(Math.abs(after - before)).toBeLessThanOrEqual(0.5 / per + 1e-9);
            else expect(after).toBeNaN();
          });
        });
      }),
    );
  });

  it('give the rows of one series alone', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        const series = rows[0]?.series ?? 0;
        const all = decodeRows(LAYOUT, encodeRows(LAYOUT, rows));
        expect(decodeRows(LAYOUT, encodeRows(LAYOUT, rows), series)).toEqual(
          all.filter((one) => one.series === series),
        );
      }),
    );
  });

  it('keep whole figures exactly', () => {
    const values = Float64Array.from(LAYOUT.columns, (_column, index) => (index === 3 ? 2 ** 50 : index * 1024));
    const [back] = decodeRows(LAYOUT, encodeRows(LAYOUT, [{ series: 7, timeMs: 1_790_000_000_123, values }]));
    expect(back?.values).toEqual(values);
  });

  it('are refused when a byte is wrong or missing, by checksum', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (rows, at, bits) => {
          const data = encodeRows(LAYOUT, rows);
          const flipped = data.slice();
          const index = at % data.length;
          flipped[index] = (data[index] ?? 0) ^ bits;
          expect(() => decodeRows(LAYOUT, flipped)).toThrow();
          expect(() => decodeRows(LAYOUT, data.subarray(0, index))).toThrow();
        },
      ),
    );
  });
});
