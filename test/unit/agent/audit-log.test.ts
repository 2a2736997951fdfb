import { existsSync, readFileSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appendAudit, thisActor } from '../../../src/agent/audit-log.js';
import { temporaryFolder, thrownBy } from '../../helpers/kernel-tree.js';

const ENTRY = {
  what: 'guest merge off',
  guest: 'qemu/web',
  pid: 7,
  before: { merge: true },
  after: {},
  result: 'done',
};
const ACTOR = { uid: 0, sudoUser: 'ann' };

it('adds one line for each change, for root alone', () => {
  const dir = temporaryFolder();
  appendAudit(dir, ENTRY, ACTOR, Date.UTC(2026, 0, 2));
  appendAudit(dir, { ...ENTRY, result: 'QMP_TAKEN: a\nb' }, ACTOR, 0);
  const lines = readFileSync(join(dir, 'audit.log'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: '2026-01-02T00:00:00.000Z', ...ENTRY, actor: ACTOR },
    { time: '1970-01-01T00:00:00.000Z', ...ENTRY, result: 'QMP_TAKEN: a\nb', actor: ACTOR },
  ]);
  expect(statSync(join(dir, 'audit.log')).mode & 0o777).toBe(0o600);
});

it('begins anew above 1 MiB and keeps the one before', () => {
  const dir = temporaryFolder();
  appendAudit(dir, ENTRY, ACTOR);
  truncateSync(join(dir, 'audit.log'), 1024 * 1024);
  appendAudit(dir, ENTRY, ACTOR);
  expect(existsSync(join(dir, 'audit.log'))).toBe(false);
  expect(statSync(join(dir, 'audit.log.1')).size).toBeGreaterThan(1024 * 1024);
  appendAudit(dir, ENTRY, ACTOR);
  expect(statSync(join(dir, 'audit.log')).size).toBeLessThan(1024);
});

it('follows no link', () => {
  const dir = temporaryFolder();
  symlinkSync('/dev/null', join(dir, 'audit.log'));
  expect(thrownBy(() => appendAudit(dir, ENTRY, ACTOR))).toMatchObject({ code: 'ELOOP' });
});

it('knows who asks', () => {
  const actor = thisActor();
  expect(actor.uid).toBe(process.getuid?.());
  expect(actor.parent).toBe(readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim());
});
