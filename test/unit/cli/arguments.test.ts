import { expect, it } from 'vitest';
import { readCpuPct, readPid, readRatePct } from '../../../src/cli/arguments.js';

it('takes process ids', () => {
  expect([readPid('1'), readPid('4194304')]).toEqual([1, 4_194_304]);
  for (const text of ['', '0', '-1', '1.5', '1e3', '4194305', 'self', ' 1']) expect(() => readPid(text)).toThrow();
});

it.each([
  [readRatePct, 0.000_001, '0.0000009'],
  [readCpuPct, 0.1, '0.09'],
])('takes shares from the least that makes sense to 100 per cent', (read, least, less) => {
  expect([read(least.toFixed(6)), read('0.5'), read('100')]).toEqual([least, 0.5, 100]);
  expect(() => read(less)).toThrow(`It must be a number from ${least.toFixed(6).replace(/0+$/, '')} to 100.`);
  for (const text of ['', ' ', '0', '-1', '100.1', 'all', 'NaN', '0x10', '1e1', '1.2.3']) {
    expect(() => read(text)).toThrow('It must be a number');
  }
});
