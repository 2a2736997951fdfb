import { expect, test } from 'vitest';
import { clipStyled, paintFor } from '../../../src/cli/format-colour.js';
import { memoryIo } from '../../helpers/cli.js';

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', undefined, {}, false],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR, which counts as not set', true, { NO_COLOR: '' }, true],
  ['TERM=dumb', true, { TERM: 'dumb' }, false],
])('colours on %s', (_name, isTTY, env, coloured) => {
  const io = memoryIo(env);
  io.stdout.isTTY = isTTY;
  expect(paintFor(io).red('x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
});

test('a cut counts characters, not styles, and does not leave a style open', () => {
  expect(clipStyled('\u001b[1mabcdef\u001b[22m', 3)).toBe('\u001b[1mabc\u001b[22m');
  expect(clipStyled('abc', 10)).toBe('abc');
});
