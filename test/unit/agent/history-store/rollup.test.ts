import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeLayout, relayout } from '../../../../src/agent/history-store/layout.js';
import { Gathering } from '../../../../src/agent/history-store/rollup.js';

const ROLLED = makeLayout(
  [
    { name: 'gauge', kind: 'gauge', per: 1 },
    { name: 'count', kind: 'total', per: 1 },
  ],
  true,
);
const figure = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -1000, max: 1000 }) }, fc.constant(Number.NaN));
const sample = fc.tuple(fc.nat(2), figure, figure);

/** What the figures of a series must be: known, mean, least, most, last count. */
function bruteForce(samples: readonly (readonly [number, number, number])[], series: number): number[] {
  const mine = samples.filter(([one]) => one === series);
  const gauges = mine.map(([, gauge]) => gauge).filter((value) => !Number.isNaN(value));
  const counts = mine.map(([, , count]) => count).filter((value) => !Number.isNaN(value));
  const isKnown = gauges.length > 0;
  return [
    gauges.length,
    isKnown ? gauges.reduce((sum, value) => sum + value, 0) / gauges.length : Number.NaN,
    isKnown ? Math.min(...gauges) : Number.NaN,
    isKnown ? Math.max(...gauges) : Number.NaN,
    counts.at(-1) ?? Number.NaN,
  ];
}

function expectFigures(actual: Float64Array | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((value, index) => {
    if (Number.isNaN(value)) expect(actual?.[index]).toBeNaN();
    else expect(actual?.[index]).toBeCloseTo(value, 6);
  });
}

describe('gathering', () => {
  it('is what brute force says, series by series', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), (samples) => {
        const gathering = new Gathering(0, ROLLED);
        for (const [series, gauge, count] of samples) gathering.addSample(series, Float64Array.of(gauge, count));
        const rows = gathering.rows();
        expect(rows.map(({ series }) => series).sort()).toEqual([...new Set(samples.map(([one]) => one))].sort());
        for (const { series, values } of rows) expectFigures(values, bruteForce(samples, series));
      }),
    );
  });

  it('of parts is that of the whole, wherever the whole is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.array(sample, { maxLength: 20 }), { maxLength: 8 }), (parts) => {
        const whole = new Gathering(0, ROLLED);
        for (const part of parts) {
          const gathering = new Gathering(0, ROLLED);
          for (const [series, gauge, count] of part) gathering.addSample(series, Float64Array.of(gauge, count));
          for (const { series, values } of gathering.rows()) whole.addRolled(series, values);
        }
        for (const { series, values } of whole.rows()) expectFigures(values, bruteForce(parts.flat(), series));
      }),
    );
  });
});

describe('a layout', () => {
  it('takes over rows of another by name', () => {
    const older = makeLayout([ROLLED.fields[1] ?? never(), { name: 'gone', kind: 'gauge', per: 1 }], true);
    const row = relayout(Float64Array.of(42, 3, 7, 5, 9), older, ROLLED);
    expect([...row]).toEqual([0, Number.NaN, Number.NaN, Number.NaN, 42]);
    expect([...relayout(row, ROLLED, older)]).toEqual([42, 0, Number.NaN, Number.NaN, Number.NaN]);
  });
});

function never(): never {
  throw new Error('there is no such field');
}
