import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createToken, readToken, tokenMatches } from '../../../src/agent/token.js';
import { temporaryFolder, thrownBy, withoutRoot } from '../../helpers/kernel-tree.js';

test('64 hexadecimal digits, new each time, for the owner only', () => {
  const dir = temporaryFolder();
  const first = createToken(dir);
  const second = createToken(dir);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(second).not.toBe(first);
  expect(readToken(dir)).toBe(second);
  expect(statSync(join(dir, 'token')).mode & 0o777).toBe(0o600);
});

test('none: no agent has run here', () => {
  expect(thrownBy(() => readToken(temporaryFolder()))).toMatchObject({
    code: 'TOKEN_MISSING',
    message: expect.stringContaining('ENOENT') as string,
    hint: expect.stringContaining('ksmpilot run') as string,
  });
});

test('not readable: the cure is the right user', () => {
  const dir = temporaryFolder();
  createToken(dir);
  chmodSync(join(dir, 'token'), 0);
  expect(withoutRoot(() => thrownBy(() => readToken(dir)))).toMatchObject({
    code: 'TOKEN_MISSING',
    hint: expect.stringContaining('root') as string,
  });
});

test.each(['', 'hello\n', 'F'.repeat(64), 'f'.repeat(63)])('not a token: %j', (text) => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'token'), text);
  expect(thrownBy(() => readToken(dir))).toMatchObject({ code: 'TOKEN_MISSING' });
});

test('a folder that takes no file', () => {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'token'));
  expect(thrownBy(() => createToken(dir))).toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
});

test('matches itself and nothing else, of whatever length', () => {
  const token = createToken(temporaryFolder());
  expect(tokenMatches(token, token)).toBe(true);
  for (const given of ['', token.slice(1), `${token} `, token.toUpperCase() + 'x', 'x'.repeat(100_000)]) {
    expect(tokenMatches(token, given)).toBe(false);
  }
});
