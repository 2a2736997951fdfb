import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changeTokenFile, readTokenFile, writeTokenFile } from '../../../../src/agent/auth/token-file.js';
import { addToken, formatTokens } from '../../../../src/agent/auth/token-list.js';
import { TokenStore } from '../../../../src/agent/auth/token-store.js';
import { RecordingLog } from '../../../helpers/agent-port.js';

let dir: string;
let path: string;
const entries = addToken([], { name: 'ops', role: 'tune', token: 'secret' }, Date.now());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-tokens-'));
  path = join(dir, 'tokens.json');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const code = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code: string; message: string }).code;
  }
};

test('no file: no tokens', () => {
  expect(readTokenFile(path)).toEqual([]);
});

test('what is written can be read by its owner alone, in a folder made for it', () => {
  const deep = join(dir, 'etc', 'ksmpilot', 'tokens.json');
  writeTokenFile(deep, entries);
  expect(readTokenFile(deep)).toEqual(entries);
  expect((statSync(deep).mode & 0o777).toString(8)).toBe('600');
});

test.each([0o640, 0o604, 0o620, 0o602])('mode %o: refused', (mode) => {
  writeTokenFile(path, entries);
  chmodSync(path, mode);
  expect(code(() => readTokenFile(path))).toBe('TOKENS_UNUSABLE');
});

test("somebody else's, a link, a folder, a huge one: refused", () => {
  writeTokenFile(path, entries);
  const { uid } = statSync(path);
  // For an agent of another user the file is somebody else's, unless it is root's.
  if (uid === 0) expect(readTokenFile(path, 12_345)).toEqual(entries);
  else expect(code(() => readTokenFile(path, uid + 1))).toBe('TOKENS_UNUSABLE');
  const link = join(dir, 'link');
  symlinkSync(path, link);
  expect(code(() => readTokenFile(link))).toBe('TOKENS_UNUSABLE');
  mkdirSync(join(dir, 'folder'));
  expect(code(() => readTokenFile(join(dir, 'folder')))).toBe('TOKENS_UNUSABLE');
  writeFileSync(path, ' '.repeat(300_000), { mode: 0o600 });
  expect(code(() => readTokenFile(path))).toBe('TOKENS_UNUSABLE');
});

test('a file below a file cannot be written', () => {
  writeFileSync(path, '');
  expect(code(() => writeTokenFile(join(path, 'tokens.json'), entries))).toBe('TOKENS_UNUSABLE');
});

test('a store finds a token, notices what is added and revoked, and when it ends', () => {
  const log = new RecordingLog();
  let now = Date.now();
  const store = new TokenStore({ path, log, now: () => now });
  expect(store.find('secret')).toBeUndefined();
  writeTokenFile(path, addToken(entries, { name: 'brief', role: 'view', token: 'other', lifetimeMs: 1000 }, now));
  const found = store.find('secret');
  expect(found).toMatchObject({ name: 'ops', role: 'tune' });
  const brief = store.find('other');
  if (brief === undefined || brief === 'expired' || found === undefined || found === 'expired') expect.unreachable();
  expect([store.stillHolds(found), store.stillHolds(brief)]).toEqual([true, true]);
  expect(store.find('secre')).toBeUndefined();
  expect(store.find('')).toBeUndefined();
  now += 1000;
  expect(store.find('other')).toBe('expired');
  expect(store.stillHolds(brief)).toBe(false);
  writeTokenFile(path, []);
  expect(store.find('secret')).toBeUndefined();
  expect(store.stillHolds(found)).toBe(false);
});

test('a token that gets another role is another: what was opened with it does not still hold', () => {
  writeTokenFile(path, entries);
  const store = new TokenStore({ path, log: new RecordingLog() });
  const found = store.find('secret');
  if (found === undefined || found === 'expired') expect.unreachable();
  writeTokenFile(path, [{ ...found, role: 'view' }]);
  expect(store.stillHolds(found)).toBe(false);
});

test('a file that is opened to others lets nobody in, once told; repaired, it does again', () => {
  writeTokenFile(path, entries);
  const log = new RecordingLog();
  const store = new TokenStore({ path, log });
  expect(store.find('secret')).toMatchObject({ name: 'ops' });
  chmodSync(path, 0o644);
  expect(store.find('secret')).toBeUndefined();
  expect(store.find('secret')).toBeUndefined();
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  chmodSync(path, 0o600);
  expect(store.find('secret')).toMatchObject({ name: 'ops' });
});

test('one command changes the file at a time; what a killed one left does not stop the next', () => {
  const lock = `${path}.lock`;
  writeTokenFile(path, []);
  writeFileSync(lock, '');
  // Another command is in the middle: it lets go only after it has written.
  const other = spawn('sh', [
    '-c',
    `sleep 0.3; printf '%s' "$1" > "$2"; rm "$3"`,
    'sh',
    formatTokens(entries),
    path,
    lock,
  ]);
  const names = changeTokenFile(path, (before) =>
    addToken(before, { name: 'late', role: 'view', token: 'x' }, Date.now()),
  ).map(({ name }) => name);
  expect(names).toEqual(['ops', 'late']);
  expect(existsSync(lock)).toBe(false);
  other.kill();

  writeFileSync(lock, '');
  utimesSync(lock, 1, 1);
  changeTokenFile(path, () => entries);
  expect(readTokenFile(path)).toEqual(entries);
  const refuse = (): never => {
    throw new Error('refused');
  };
  expect(() => changeTokenFile(path, refuse)).toThrow('refused');
  expect(existsSync(lock)).toBe(false);
});

test('what was opened with a token does not outlive an end that was brought forward', () => {
  const now = Date.now();
  writeTokenFile(path, entries);
  const store = new TokenStore({ path, log: new RecordingLog(), now: () => now });
  const found = store.find('secret');
  if (found === undefined || found === 'expired') expect.unreachable();
  writeTokenFile(path, [{ ...found, expires: new Date(now - 1).toISOString() }]);
  expect(store.stillHolds(found)).toBe(false);
});
