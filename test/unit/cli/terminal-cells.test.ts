import { expect, test } from 'vitest';
import { clipCells, countCells, padCells } from '../../../src/cli/terminal-cells.js';

test.each([
  ['abc', 3],
  ['数据库', 6],
  ['é', 1],
  ['e\u0301', 1],
  ['🚀', 2],
  ['한글', 4],
  ['', 0],
])('%s takes %d cells', (text, cells) => {
  expect(countCells(text)).toBe(cells);
});

test('a cut counts cells, not styles, leaves no style open, and splits no wide character', () => {
  expect(clipCells('\u001b[1mabcdef\u001b[22m', 3)).toBe('\u001b[1mabc\u001b[22m');
  expect(clipCells('abc', 10)).toBe('abc');
  expect(clipCells('数据库', 5)).toBe('数据');
  expect(clipCells('数据库 a', 5, true)).toBe('数据…');
  expect(clipCells('abcdef', 4, true)).toBe('abc…');
});

test('blanks up to a width', () => {
  expect(padCells('数', 4)).toBe('数  ');
  expect(padCells('abcdef', 4)).toBe('abcdef');
});
