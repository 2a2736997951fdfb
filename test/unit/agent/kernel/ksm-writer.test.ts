import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { KsmWriter } from '../../../../src/agent/kernel/ksm-writer.js';
import { copiedTree, KSM, put, thrownBy } from '../../../helpers/kernel-tree.js';

/** A kernel that refuses each write. Named as Node names system errors. */
function refusing(errno: string): () => never {
  return () => {
    throw Object.assign(new Error(`${errno}: refused, write`), { code: errno });
  };
}

function knob(root: string, name: string): string {
  return readFileSync(join(root, KSM, name), 'utf8').trim();
}

test('writes and reads back', () => {
  const root = copiedTree('6.18');
  const writer = new KsmWriter({ root });
  writer.write('pages_to_scan', 5);
  expect(knob(root, 'pages_to_scan')).toBe('5');
  expect(writer.read('pages_to_scan')).toBe(5);
});

test('a knob that holds the value already is not written', () => {
  const root = copiedTree('6.18');
  const writer = new KsmWriter({ root, writeFile: refusing('EIO') });
  writer.write('pages_to_scan', 2000);
  writer.write('advisor_mode', 'none');
  expect(thrownBy(() => writer.write('pages_to_scan', 2001))).toMatchObject({ code: 'KSM_KNOB_REFUSED' });
});

test('a knob that this kernel does not have is neither read nor made', () => {
  const root = copiedTree('5.10');
  const writer = new KsmWriter({ root });
  expect(thrownBy(() => writer.read('smart_scan'))).toMatchObject({ code: 'KSM_KNOB_ABSENT' });
  expect(thrownBy(() => writer.write('smart_scan', 0))).toMatchObject({ code: 'KSM_KNOB_ABSENT' });
  expect(existsSync(join(root, KSM, 'smart_scan'))).toBe(false);
});

test('a knob that cannot be read is not written', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/pages_to_scan`, 'lots\n');
  const writer = new KsmWriter({ root });
  expect(thrownBy(() => writer.write('pages_to_scan', 100))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
  expect(knob(root, 'pages_to_scan')).toBe('lots');
});

test.each(['pages_shared', '../ksm/run', 'general_profit'])('%s is no knob to write', (name) => {
  const writer = new KsmWriter({ root: copiedTree('6.18') });
  expect(thrownBy(() => writer.write(name, 1))).toMatchObject({ code: 'KSM_KNOB_ABSENT' });
  expect(thrownBy(() => writer.read(name))).toMatchObject({ code: 'KSM_KNOB_ABSENT' });
});

test('run = 2 is not written, even where the kernel would take it', () => {
  const root = copiedTree('6.18');
  expect(thrownBy(() => new KsmWriter({ root }).write('run', 2))).toMatchObject({ code: 'KSM_UNMERGE_REFUSED' });
  expect(knob(root, 'run')).toBe('1');
});

test('another value read back is an error with both', () => {
  const root = copiedTree('6.18');
  const writer = new KsmWriter({ root, writeFile: () => put(root, `${KSM}/sleep_millisecs`, '15\n') });
  expect(thrownBy(() => writer.write('sleep_millisecs', 20))).toMatchObject({
    code: 'KSM_KNOB_NOT_KEPT',
    message: '20 was written to sleep_millisecs, and 15 is read back',
  });
});

test('EINVAL for pages_to_scan while the advisor is on says so', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/advisor_mode`, 'none [scan-time]\n');
  const writer = new KsmWriter({ root, writeFile: refusing('EINVAL') });
  expect(thrownBy(() => writer.write('pages_to_scan', 600))).toMatchObject({
    code: 'KSM_KNOB_REFUSED',
    message:
      'writing 600 to pages_to_scan failed with EINVAL; advisor_mode is scan-time, and the advisor owns pages_to_scan',
    hint: expect.stringContaining('echo none > /sys/kernel/mm/ksm/advisor_mode') as string,
  });
});

test('EINVAL otherwise does not blame the advisor', () => {
  const writer = new KsmWriter({ root: copiedTree('6.18'), writeFile: refusing('EINVAL') });
  expect(thrownBy(() => writer.write('pages_to_scan', 600))).toMatchObject({
    message: 'writing 600 to pages_to_scan failed with EINVAL',
  });
});

test.each(['merge_across_nodes', 'max_page_sharing'])('EBUSY for %s tells how many pages are shared', (name) => {
  const writer = new KsmWriter({ root: copiedTree('6.18'), writeFile: refusing('EBUSY') });
  expect(thrownBy(() => writer.write(name, 3))).toMatchObject({
    code: 'KSM_KNOB_REFUSED',
    message: `writing 3 to ${name} failed with EBUSY; pages_shared is 4000`,
    hint: expect.stringContaining('unmerge first') as string,
  });
});

test('a fact that cannot be read does not spoil the message', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/pages_shared`, '?');
  const writer = new KsmWriter({ root, writeFile: refusing('EBUSY') });
  expect(thrownBy(() => writer.write('max_page_sharing', 3))).toMatchObject({
    message: 'writing 3 to max_page_sharing failed with EBUSY',
  });
});

test.each([
  ['EACCES', /^Run as root|^A security module/],
  ['EPERM', /^Run as root|^A security module/],
  ['EROFS', /^Run on the host/],
  ['EIO', /dmesg/],
])('%s comes with its cure', (errno, hint) => {
  const writer = new KsmWriter({ root: copiedTree('6.18'), writeFile: refusing(errno) });
  const error = thrownBy(() => writer.write('run', 0)) as Error & { hint?: string; code: string };
  expect(error.message).toContain(`writing 0 to run failed with ${errno}`);
  expect(error.code).toBe('KSM_KNOB_REFUSED');
  expect(error.hint).toMatch(hint);
});

test('a knob that goes between reading and writing', () => {
  const root = copiedTree('6.18');
  const writer = new KsmWriter({
    root,
    writeFile: (path) => {
      rmSync(path);
      refusing('ENOENT')();
    },
  });
  expect(thrownBy(() => writer.write('run', 0))).toMatchObject({ code: 'KSM_KNOB_REFUSED' });
});
