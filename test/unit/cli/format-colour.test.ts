import { expect, test } from 'vitest';
import { paintFor } from '../../../src/cli/format-colour.js';
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
