import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonical, cumulative, LIFETIME_MS, SERVICE_NS } from '../../../../../web/gateway/metrics/histogram.js';

it('counts each bar in every bucket that holds it whole', () => {
  const bars = [
    { upper: 1, count: 2 },
    { upper: 4, count: 3 },
    { upper: 6, count: 5 },
    { upper: null, count: 7 },
  ];
  expect(cumulative(bars, { bounds: [1, 2, 4, 8], perSecond: 1_000 })).toEqual([
    ['0.001', 2],
    ['0.002', 2],
    ['0.004', 5],
    // 6 lies between 4 and 8: it counts for the higher one.
    ['0.008', 10],
    ['+Inf', 17],
  ]);
});

it.each([
  ['lifetimes', LIFETIME_MS],
  ['service times', SERVICE_NS],
])('has the same ascending bounds of %s whatever the bars are, never falls and loses nothing', (_, ladder) => {
  const bar = fc.record({
    upper: fc.oneof(
      fc.constant(null),
      fc.nat(40).map((power) => 2 ** power),
    ),
    count: fc.nat(1e9),
  });
  fc.assert(
    fc.property(fc.array(bar, { maxLength: 40 }), (bars) => {
      const buckets = cumulative(bars, ladder);
      expect(buckets.map(([le]) => le)).toEqual(cumulative([], ladder).map(([le]) => le));
      const counts = buckets.map(([, count]) => count);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(bars.reduce((sum, { count }) => sum + count, 0));
    }),
  );
  const bounds = cumulative([], ladder).map(([le]) => Number(le.replace('+Inf', 'Infinity')));
  expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
});

// What Go's strconv.FormatFloat(v, 'g', -1, 64) says of these, with `.0` at whole numbers.
it.each([
  [1, '1.0'],
  [1024, '1024.0'],
  [0.001, '0.001'],
  [16777.216, '16777.216'],
  [0.000128, '0.000128'],
  [0.0001, '0.0001'],
  [0.000032768, '3.2768e-05'],
  [2.56e-7, '2.56e-07'],
  [1e-12, '1e-12'],
])('spells %s as %s', (value, text) => {
  expect(canonical(value)).toBe(text);
});
