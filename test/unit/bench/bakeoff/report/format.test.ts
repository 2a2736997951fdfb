import { expect, it } from 'vitest';
import { counted, fixed, listed, table, withSpread } from '../../../../../bench/bakeoff/report/format.js';

it('writes figures with a true minus sign, and never a negative zero', () => {
  expect([fixed(1.005, 1), fixed(-1.26, 1), fixed(-0.04, 1), fixed(-0, 2), fixed(Infinity, 1)]).toEqual([
    '1.0',
    '−1.3',
    '0.0',
    '0.00',
    'never',
  ]);
});

it('writes a spread where it shows', () => {
  expect(withSpread({ median: 1.5, min: -1, max: 2, count: 3 }, 1)).toBe('1.5 (−1.0 to 2.0)');
  expect(withSpread({ median: 1.501, min: 1.5, max: 1.502, count: 3 }, 1)).toBe('1.5');
  expect(withSpread({ median: 9, min: 8, max: Infinity, count: 3 }, 0)).toBe('9 (8 to never)');
});

it('writes tables, text left and figures right; a bar in a cell does not end it', () => {
  expect(table(['a', 'b'], [['x|y', '1']])).toBe('| a | b |\n| --- | --: |\n| x\\|y | 1 |');
});

it('writes lists and counts', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect([counted(1, 'run'), counted(2, 'run')]).toEqual(['1 run', '2 runs']);
});
