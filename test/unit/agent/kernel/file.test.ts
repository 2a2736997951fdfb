import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { malformed, readRecord, readWhole } from '../../../../src/agent/kernel/file.js';
import { put, temporaryFolder, thrownBy, withoutRoot } from '../../../helpers/kernel-tree.js';

test('a file that does not exist is undefined', () => {
  expect(readRecord('/proc/self/no-such-file')).toBeUndefined();
  expect(readWhole('/proc/self/no-such-file')).toBeUndefined();
});

test('a file without read permission is an error with the cure, not absent', () => {
  const root = temporaryFolder();
  put(root, 'secret', '1\n');
  chmodSync(join(root, 'secret'), 0);
  const error = withoutRoot(() => thrownBy(() => readRecord(join(root, 'secret'))));
  expect(error).toMatchObject({
    code: 'KSM_FILE_UNREADABLE',
    message: `reading ${join(root, 'secret')} failed with EACCES`,
    hint: 'Run as root: the kernel gives this file to root or its owner only.',
  });
});

test('a folder in place of a file is an error', () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'run'));
  expect(thrownBy(() => readRecord(join(root, 'run')))).toMatchObject({
    code: 'KSM_FILE_UNREADABLE',
    message: expect.stringContaining('EISDIR') as string,
  });
});

test('readWhole reads past one buffer', () => {
  const root = temporaryFolder();
  const text = 'line of text\n'.repeat(20_000);
  put(root, 'long', text);
  expect(readWhole(join(root, 'long'))).toBe(text);
});

test('readWhole reads a list that the kernel hands out in pieces', () => {
  // /proc/self/smaps of a Node process is far longer than the one page that a read of a list gives at most.
  const smaps = readWhole('/proc/self/smaps') ?? '';
  expect(smaps.length).toBeGreaterThan(16_384);
  expect(smaps).toMatch(/\[stack\]/);
});

test('a file without end is refused', () => {
  expect(thrownBy(() => readWhole('/dev/zero'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test('an error quotes a bounded part of what was found', () => {
  const error = malformed('/p', 'x'.repeat(1000), 'a number');
  expect(error.message).toBe(`/p holds "${'x'.repeat(60)}...", expected a number`);
});
