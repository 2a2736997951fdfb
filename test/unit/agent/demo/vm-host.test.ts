import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findVmHost, isStaticX64 } from '../../../../src/agent/demo/vm-host.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ksmpilot-test-'));
  for (const folder of ['bin', 'boot']) mkdirSync(join(root, folder));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An ELF-64 file with these program headers. */
function elf(types: readonly number[], machine = 62): Buffer {
  const file = Buffer.alloc(64 + 56 * types.length);
  file.writeUInt32BE(0x7f454c46, 0);
  file[4] = 2;
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(types.length, 56);
  types.forEach((type, index) => file.writeUInt32LE(type, 64 + 56 * index));
  return file;
}

function put(path: string, content: string | Buffer = '#!/bin/sh\n'): string {
  const file = join(root, path);
  writeFileSync(file, content);
  chmodSync(file, 0o755);
  return file;
}

const find = (kernel?: string): ReturnType<typeof findVmHost> =>
  findVmHost({ kernel, path: join(root, 'bin'), arch: 'x64', root });

const complete = (): void => {
  for (const name of ['qemu-system-x86_64', 'setpriv']) put(`bin/${name}`);
  put('bin/busybox', elf([1, 1]));
};

describe('what machines need', () => {
  it('is found where the host has it', () => {
    complete();
    const kernel = put(`boot/vmlinuz-${release()}`);
    expect(find()).toEqual({
      qemu: join(root, 'bin/qemu-system-x86_64'),
      setpriv: join(root, 'bin/setpriv'),
      busybox: join(root, 'bin/busybox'),
      kernel,
    });
  });

  it('may be the newest kernel, where the one that runs is not in /boot; a rescue image is none', () => {
    complete();
    put('boot/vmlinuz-5.10.0-9-amd64');
    const newer = put('boot/vmlinuz-6.1.0-56-amd64');
    utimesSync(join(root, 'boot/vmlinuz-5.10.0-9-amd64'), 1000, 1000);
    put('boot/vmlinuz-0-rescue-1234');
    symlinkSync('vmlinuz-of-a-kernel-removed', join(root, 'boot/vmlinuz-6.9-gone'));
    expect(find().kernel).toBe(newer);
  });

  it('may be a kernel that is named', () => {
    complete();
    expect(find(put('bzImage')).kernel).toBe(join(root, 'bzImage'));
  });

  it('is told in one message with one command, where all of it is missing', () => {
    expect(() => find()).toThrow(
      expect.objectContaining({
        code: 'DEMO_REFUSED',
        message:
          'demonstration machines need qemu-system-x86_64, setpriv, a statically linked busybox, a kernel in /boot, not found here',
        hint: 'on Debian: apt install --no-install-recommends qemu-system-x86 util-linux busybox-static linux-image-amd64; or name a kernel image with --qemu-kernel.',
      }) as Error,
    );
  });

  it.each([
    [
      'a busybox with shared libraries',
      (): void => void put('bin/busybox', elf([6, 3, 1])),
      /need a statically linked busybox,/,
    ],
    [
      'a kernel that is named and not there',
      (): void => void put(`boot/vmlinuz-${release()}`),
      /need \/no\/such\/kernel,/,
    ],
  ])('is told for %s', (_what, prepare, message) => {
    complete();
    prepare();
    expect(() => find('/no/such/kernel')).toThrow(message);
  });

  it('is an x86-64 host', () => {
    expect(() => findVmHost({ arch: 'arm64' })).toThrow(/x86-64, this host is arm64/);
  });
});

describe('a static program', () => {
  it.each([
    ['has no interpreter', elf([1, 1, 2]), true],
    ['has one', elf([1, 3]), false],
    ['is for another machine', elf([1], 183), false],
    ['is a script', Buffer.from('#!/bin/sh\n'), false],
    ['is cut short', elf([1, 1]).subarray(0, 100), false],
    ['is empty', Buffer.alloc(0), false],
  ])('that %s', (_what, content, expected) => {
    expect(isStaticX64(put('program', content))).toBe(expected);
  });
});
