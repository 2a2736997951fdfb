import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { removeFile, writeFileAtomic } from '../../../src/agent/atomic-file.js';
import { temporaryFolder, thrownBy } from '../../helpers/kernel-tree.js';

test('writes with mode 0600, whatever the mode before, and leaves nothing else', () => {
  const dir = temporaryFolder();
  const path = join(dir, 'file');
  writeFileSync(path, 'old', { mode: 0o644 });
  writeFileAtomic(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['file']);
});

test('what a killed writer left in the way is replaced, not followed', () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'victim'), 'untouched');
  symlinkSync(join(dir, 'victim'), join(dir, 'file.new'));
  writeFileAtomic(join(dir, 'file'), 'new');
  expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('untouched');
  expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('new');
});

test('a write that fails leaves the old file', () => {
  const dir = temporaryFolder();
  writeFileAtomic(join(dir, 'file'), 'old');
  mkdirSync(join(dir, 'file.new'));
  writeFileSync(join(dir, 'file.new/in-the-way'), '');
  expect(thrownBy(() => writeFileAtomic(join(dir, 'file'), 'new'))).toBeInstanceOf(Error);
  expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('old');
});

test('removing what is not there is no error', () => {
  const dir = temporaryFolder();
  writeFileAtomic(join(dir, 'file'), 'x');
  removeFile(join(dir, 'file'));
  removeFile(join(dir, 'file'));
  expect(readdirSync(dir)).toEqual([]);
});
