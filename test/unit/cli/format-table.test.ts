import { expect, test } from 'vitest';
import { clip, formatTable } from '../../../src/cli/format-table.js';

test('numbers to the right, text to the left, no blanks at line ends', () => {
  const lines = formatTable(
    [{ head: 'PID', align: 'right' }, { head: 'NAME' }, { head: 'X', align: 'right' }, { head: '' }],
    [
      ['1', 'größe', '-', ''],
      ['12345', 'a', '1,000', 'ended'],
    ],
  );
  expect(lines).toEqual(['  PID  NAME       X', '    1  größe      -', '12345  a      1,000  ended']);
});

test('without rows: the heads', () => {
  expect(formatTable([{ head: 'A' }, { head: 'B' }], [])).toEqual(['A  B']);
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['日本語文', 3, '日本…'],
])('clip %s to %s', (text, most, expected) => {
  expect(clip(text, most)).toBe(expected);
});
