import { expect, test } from 'vitest';
import { bytes, digits, duration, percent } from '../../../src/tuner/format.js';

test.each([
  [0, '0 KiB'],
  [1536, '1.5 KiB'],
  [312 * 2 ** 20, '312 MiB'],
  [1.25 * 2 ** 40, '1.3 TiB'],
  [5000 * 2 ** 40, '5000 TiB'],
])('%i bytes', (value, text) => {
  expect(bytes(value)).toBe(text);
});

test.each([
  [0.5, '50 %'],
  [0.0344, '3.4 %'],
  [0.0012, '0.12 %'],
  [0.00004, '0.004 %'],
  [0, '0 %'],
])('share %f', (value, text) => {
  expect(percent(value)).toBe(text);
});

test('durations, and numbers that are none', () => {
  expect([duration(2.04), duration(180), duration(600), duration(5400)]).toEqual(['2 s', '180 s', '10 min', '90 min']);
  expect([digits(NaN), digits(Infinity), digits(0.0000001), digits(-3.25)]).toEqual([
    'unknown',
    'unknown',
    'under 0.001',
    '-3.3',
  ]);
});
