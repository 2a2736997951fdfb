import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCores,
  formatCount,
  formatDuration,
  formatNs,
  formatPct,
  formatRate,
  printable,
} from '../../../src/cli/format.js';

test.each([
  [null, '-'],
  [undefined, '-'],
  [0, '0 B'],
  [-64, '-64 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536 * 1024, '1.5 MiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [-3 * 2 ** 30, '-3.0 GiB'],
  [2 ** 53, '8.0 PiB'],
])('bytes %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('unknown is never a number, zero always is', () => {
  for (const format of [formatBytes, formatCount, formatPct, formatRate, formatCores, formatDuration, formatNs]) {
    expect(format(null)).toBe('-');
    expect(format(undefined)).toBe('-');
    expect(format(0)).toMatch(/0/);
  }
});

test.each([
  [formatCount(1_234_567), '1,234,567'],
  [formatPct(0), '0.00 %'],
  [formatPct(0.123), '0.12 %'],
  [formatPct(12.34), '12.3 %'],
  [formatRate(0), '0/s'],
  [formatRate(1.26), '1.3/s'],
  [formatRate(2500, 'pages'), '2,500 pages/s'],
  [formatRate(12_345.6), '12,346/s'],
  [formatCores(0.256), '+0.26 cores'],
  [formatCores(-0.5), '-0.50 cores'],
  [formatNs(0), '0 ns'],
  [formatNs(999.4), '999 ns'],
  [formatNs(999.6), '1.0 µs'],
  [formatNs(4096), '4.1 µs'],
  [formatNs(131_072), '131 µs'],
  [formatNs(1_250_000), '1.3 ms'],
  [formatNs(3e13), '30000 s'],
  [formatDuration(0), '0.0 s'],
  [formatDuration(-5), '0.0 s'],
  [formatDuration(9940), '9.9 s'],
  [formatDuration(9960), '10 s'],
  [formatDuration(59_600), '1 min 0 s'],
  [formatDuration(3_599_000), '59 min 59 s'],
  [formatDuration(7_800_000), '2 h 10 min'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});

test('the time of day is local and of fixed width', () => {
  expect(formatClock(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('03:04:05');
});

test('no name can send a control sequence to the terminal', () => {
  expect(printable('qemu\u001b[2J\u0007')).toBe('qemu?[2J?');
  expect(printable('a\u202eb\u2028c\u009bd')).toBe('a?b?c?d');
  expect(printable('größe 日本')).toBe('größe 日本');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});
