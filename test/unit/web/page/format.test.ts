import { describe, expect, it } from 'vitest';
import * as format from '../../../../web/page/format.js';

const MIB = 1024 ** 2;

describe('format', () => {
  it('shows what is unknown as a dash in every form', () => {
    const { bytes, count, short, perSecond, percent, cores, signedCores, duration, nanoseconds, clock, orUnknown } =
      format;
    const all = [bytes, count, short, perSecond, percent, cores, signedCores, duration, nanoseconds, clock, orUnknown];
    for (const show of all) {
      expect(show(null)).toBe('–');
      expect(show(undefined)).toBe('–');
    }
    expect(format.bytes(NaN)).toBe('–');
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '0.98 KiB'],
    [1_536, '1.50 KiB'],
    [412 * MIB, '412 MiB'],
    [41.2 * MIB, '41.2 MiB'],
    [999.4 * MIB, '999 MiB'],
    [1_000 * MIB, '0.98 GiB'],
    [1.375 * 1024 * MIB, '1.38 GiB'],
    [-4096, '\u22124.00 KiB'],
  ])('bytes(%d) is %s', (value, text) => expect(format.bytes(value)).toBe(text));

  it.each([
    [0, '0'],
    [0.44, '0.4'],
    [7, '7'],
    [73.2, '73'],
    [999, '999'],
    [999.6, '1.00 k'],
    [12_345, '12.3 k'],
    [2_400_000, '2.40 M'],
  ])('short(%d) is %s', (value, text) => expect(format.short(value)).toBe(text));

  it.each([
    [0, '0.0 %'],
    [0.034, '0.03 %'],
    [2.134, '2.1 %'],
    [100, '100 %'],
  ])('percent(%d) is %s', (value, text) => expect(format.percent(value)).toBe(text));

  it('says a gain with a plus, a loss with a minus, and neither for nothing', () => {
    expect(format.signedCores(0.1434)).toBe('+0.143');
    expect(format.signedCores(-0.02)).toBe('\u22120.020');
    expect(format.signedCores(0.0001)).toBe('0.000');
    expect(format.signedCores(-0.0001)).toBe('0.000');
    expect(format.signedCores(12.34)).toBe('+12.3');
  });

  it.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [12_500, '13 s'],
    [1_000, '1 s'],
    [4_500, '4.5 s'],
    [240_000, '4 min'],
    [9_000_000, '2.5 h'],
    [259_200_000, '3 d'],
  ])('duration(%d) is %s', (value, text) => expect(format.duration(value)).toBe(text));

  it.each([
    [0, '0 ns'],
    [512, '512 ns'],
    [1_024, '1 µs'],
    [4_096, '4.1 µs'],
    [131_072, '131 µs'],
    [2_097_152, '2.1 ms'],
  ])('nanoseconds(%d) is %s', (value, text) => expect(format.nanoseconds(value)).toBe(text));

  it('leaves out zeros that say nothing at an axis', () => {
    expect(['2.00 GiB', '1.50 k/s', '512 MiB', '0.0 %', '10', '0.98 KiB', '100 ms'].map(format.atAxis)).toEqual([
      '2 GiB',
      '1.5 k/s',
      '512 MiB',
      '0 %',
      '10',
      '0.98 KiB',
      '100 ms',
    ]);
  });

  it('shows the local time of day', () => {
    expect(format.clock(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('03:04:05');
  });
});
