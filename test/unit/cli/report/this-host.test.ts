import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { qemuMemoryBytes, readHugePages, readPromisedBytes } from '../../../../src/cli/report/this-host.js';

const MIB = 2 ** 20;

test.each([
  [[], 128],
  [['-m', '2048'], 2048],
  [['-m', '4G'], 4096],
  [['-m', '1.5G'], 1536],
  [['-m', 'size=4194304k,slots=16,maxmem=64G'], 4096],
  [['-nodefaults', '-m', '512M', '-name', 'x,-m 9G'], 512],
  [['--m=3g'], 3072],
  [['-m', '1G', '-m', '2G'], 2048],
])('-m: %j is %d MiB', (args, mib) => {
  expect(qemuMemoryBytes(args)).toBe(mib * MIB);
});

test('-m: what cannot be read is not known', () => {
  expect(qemuMemoryBytes(['-m', 'lots'])).toBeNull();
});

test('a process that is no QEMU, or has ended, promises nothing', async () => {
  const child = spawn('sleep', ['30']);
  try {
    expect(readPromisedBytes(child.pid ?? 0, `process/x#1.${child.pid}`)).toBeNull();
    expect(readPromisedBytes(2 ** 22 - 1, 'qemu/x#5.4194303')).toBeNull();
    expect(readPromisedBytes(child.pid ?? 0, 'no key')).toBeNull();
  } finally {
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
  }
});

test('huge pages: the word in brackets, or not known', () => {
  expect(['always', 'madvise', 'never', null]).toContain(readHugePages());
  expect(readHugePages('/no/such/root/')).toBeNull();
});
