import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { KsmdReader, parseSchedstatCpu } from '../../../../src/agent/kernel/ksmd.js';
import { copiedTree, fixtureTree, put, thrownBy } from '../../../helpers/kernel-tree.js';

const STAT = 'S 2 0 0 0 -1 2097216 0 0 0 0 25 5 0 0 25 5 1 0 27 0 0';

test('finds ksmd and its CPU time', () => {
  expect(new KsmdReader({ root: fixtureTree('6.18') }).read(0)).toEqual({ pid: 37, cpuNs: 653413510 });
});

test('a process that calls itself ksmd is not it', () => {
  const root = copiedTree('6.18');
  put(root, 'proc/9/comm', 'ksmd\n');
  put(root, 'proc/9/stat', `9 (ksmd) ${STAT.replace('2097216', '4194304')}`);
  put(root, 'proc/9/schedstat', '1 1 1\n');
  expect(new KsmdReader({ root }).read(0)?.pid).toBe(37);
});

test('the remembered pid is verified: one that is another process now is not read', () => {
  const root = copiedTree('6.18');
  const reader = new KsmdReader({ root });
  expect(reader.read(0)?.pid).toBe(37);
  put(root, 'proc/37/stat', `37 (bash) ${STAT}`);
  put(root, 'proc/37/comm', 'bash\n');
  expect(reader.read(1000)).toBeUndefined();
});

test('without ksmd the search is not repeated each second, but a minute later', () => {
  const root = copiedTree('6.18');
  rmSync(join(root, 'proc/37'), { recursive: true });
  const reader = new KsmdReader({ root });
  expect(reader.read(0)).toBeUndefined();
  put(root, 'proc/50/comm', 'ksmd\n');
  put(root, 'proc/50/stat', `50 (ksmd) ${STAT}`);
  put(root, 'proc/50/schedstat', '5 1 1\n');
  expect(reader.read(59_999)).toBeUndefined();
  expect(reader.read(60_000)).toEqual({ pid: 50, cpuNs: 5 });
});

test('a kernel without scheduler statistics gives no CPU time, not 0', () => {
  expect(parseSchedstatCpu('0 0 0\n', '/f')).toBeUndefined();
  expect(parseSchedstatCpu('0 5 1\n', '/f')).toBe(0);
  const root = copiedTree('6.18');
  rmSync(join(root, 'proc/37/schedstat'));
  expect(new KsmdReader({ root }).read(0)).toBeUndefined();
});

test.each(['', '1 2', 'a b c', '1 2 3 4', '-1 2 3'])('malformed: %j', (text) => {
  expect(thrownBy(() => parseSchedstatCpu(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});
