import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { defaultStateDir, ensureStateDir } from '../../../src/agent/state-dir.js';
import { temporaryFolder, thrownBy } from '../../helpers/kernel-tree.js';

const mode = (path: string): number => statSync(path).mode & 0o777;

test.each([
  [0, { XDG_RUNTIME_DIR: '/run/user/0' }, '/run/ksmpilot'],
  [1000, { XDG_RUNTIME_DIR: '/run/user/1000' }, '/run/user/1000/ksmpilot'],
  [1000, {}, '/tmp/ksmpilot-1000'],
  [1000, { XDG_RUNTIME_DIR: '' }, '/tmp/ksmpilot-1000'],
  [1000, { XDG_RUNTIME_DIR: 'relative' }, '/tmp/ksmpilot-1000'],
])('uid %d with %j: %s', (uid, env, expected) => {
  expect(defaultStateDir({ uid, env, tmpdir: '/tmp' })).toBe(expected);
});

test('is made with mode 0700, parents too', () => {
  const dir = join(temporaryFolder(), 'a/b');
  expect(ensureStateDir(dir)).toBe(dir);
  expect(mode(dir)).toBe(0o700);
  expect(ensureStateDir(dir)).toBe(dir);
});

test("systemd's 0755 is closed", () => {
  const dir = join(temporaryFolder(), 'state');
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  ensureStateDir(dir);
  expect(mode(dir)).toBe(0o700);
});

test('one that others can write to is refused as it is', () => {
  const dir = join(temporaryFolder(), 'state');
  mkdirSync(dir);
  chmodSync(dir, 0o777);
  expect(thrownBy(() => ensureStateDir(dir))).toMatchObject({
    code: 'STATE_DIR_UNUSABLE',
    message: `${dir} has mode 777: others could have put files there`,
  });
  expect(mode(dir)).toBe(0o777);
});

test('a symbolic link is refused, even to a folder of ours', () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'real'), { mode: 0o700 });
  symlinkSync(join(root, 'real'), join(root, 'state'));
  expect(thrownBy(() => ensureStateDir(join(root, 'state')))).toMatchObject({
    code: 'STATE_DIR_UNUSABLE',
    message: `${join(root, 'state')} is a symbolic link`,
  });
});

test('a link to nowhere and a plain file are refused', () => {
  const root = temporaryFolder();
  symlinkSync(join(root, 'nowhere/else'), join(root, 'link'));
  writeFileSync(join(root, 'file'), '');
  expect(thrownBy(() => ensureStateDir(join(root, 'link')))).toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
  expect(thrownBy(() => ensureStateDir(join(root, 'file')))).toMatchObject({ code: 'STATE_DIR_UNUSABLE' });
});

test("somebody else's folder is refused", () => {
  const dir = join(temporaryFolder(), 'state');
  mkdirSync(dir, { mode: 0o700 });
  const us = process.geteuid?.() ?? 0;
  // For uid us + 1 the folder, and the one above it, are another user's.
  expect(thrownBy(() => ensureStateDir(dir, us + 1))).toMatchObject({
    code: 'STATE_DIR_UNUSABLE',
    message: expect.stringContaining(`belongs to uid ${us}`) as string,
  });
});

test('below a folder in which others may rename, nothing is ours alone; the sticky bit mends it', () => {
  const root = temporaryFolder();
  chmodSync(root, 0o777);
  expect(thrownBy(() => ensureStateDir(join(root, 'state')))).toMatchObject({
    code: 'STATE_DIR_UNUSABLE',
    message: `${root} is writable for others and not sticky, so ${join(root, 'state')} is not ours alone`,
  });
  chmodSync(root, 0o1777);
  expect(ensureStateDir(join(root, 'state'))).toBe(join(root, 'state'));
});

test('a place where nothing can be made', () => {
  expect(thrownBy(() => ensureStateDir('/proc/ksmpilot'))).toMatchObject({
    code: 'STATE_DIR_UNUSABLE',
    hint: expect.stringContaining('--state-dir') as string,
  });
});
