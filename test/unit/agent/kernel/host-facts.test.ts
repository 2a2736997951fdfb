import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { parseCpus, parsePageSize, readBootId, readHostFacts } from '../../../../src/agent/kernel/host-facts.js';
import { copiedTree, fixtureTree, put, thrownBy } from '../../../helpers/kernel-tree.js';

test('6.18 as captured', () => {
  expect(readHostFacts(fixtureTree('6.18'))).toMatchObject({
    hostname: 'host',
    kernelRelease: '6.18.44',
    machine: 'x86_64',
    pageSize: 4096,
    cpus: 2,
    memTotalBytes: 24684084 * 1024,
    bootId: '3f0e0d5c-6a51-4c0b-9a5e-1d6c8f1b7e42',
    ksmPresent: true,
    root: process.geteuid?.() === 0,
  });
});

test('before 6.1 the machine comes from Node', () => {
  expect(readHostFacts(fixtureTree('5.10')).machine).toMatch(/^(x86_64|aarch64|ppc64le|s390x|loong64|riscv64)$/);
});

test('a kernel without KSM', () => {
  const root = copiedTree('5.10');
  rmSync(join(root, 'sys'), { recursive: true });
  expect(readHostFacts(root)).toMatchObject({ ksmPresent: false, ksmFeatures: [] });
});

test('lockdown is the selected word, and absent where the kernel has none', () => {
  const root = copiedTree('6.18');
  expect(readHostFacts(root)).not.toHaveProperty('lockdown');
  put(root, 'sys/kernel/security/lockdown', 'none [integrity] confidentiality\n');
  expect(readHostFacts(root).lockdown).toBe('integrity');
});

test('no boot id is absent', () => {
  const root = copiedTree('6.18');
  rmSync(join(root, 'proc/sys/kernel/random'), { recursive: true });
  expect(readBootId(root)).toBeUndefined();
  expect(readHostFacts(root)).not.toHaveProperty('bootId');
});

test('no procfs is an error, not a guess', () => {
  expect(thrownBy(() => readHostFacts('/no-such-root'))).toMatchObject({ code: 'KSM_FILE_UNREADABLE' });
});

test('page size of another machine, and none', () => {
  const pairs = new BigUint64Array([3n, 1n, 6n, 65536n, 0n, 0n]);
  expect(parsePageSize(Buffer.from(pairs.buffer), '/f')).toBe(65536);
  expect(thrownBy(() => parsePageSize(Buffer.from([1, 2, 3]), '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test('the page size of this machine', () => {
  const kernelPageSize = /KernelPageSize: +(\d+) kB/.exec(readFileSync('/proc/self/smaps', 'utf8'))?.[1];
  expect(readHostFacts('/').pageSize).toBe(Number(kernelPageSize) * 1024);
});

test('CPUs: online ones only; none is malformed', () => {
  expect(parseCpus('cpu  1 2\ncpu0 1\ncpu7 1\nintr 5\n', '/f')).toBe(2);
  expect(thrownBy(() => parseCpus('intr 5\n', '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});
