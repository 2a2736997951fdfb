import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withCheckoutLock } from '../../scripts/bootstrap/lock.mjs';
import { unpackedSet } from '../../scripts/kernels/debian.mjs';
import { busyboxIn, onlyFile } from '../../scripts/kernels/images.mjs';
import { programIn, shellWord } from '../../scripts/kernels/machine.mjs';
import { CACHE } from '../../scripts/kernels/rig.mjs';
import { KERNEL_PACKAGE, QEMU_RELEASE, ROOT_PACKAGES } from '../../scripts/kernels/targets.mjs';

export interface QemuTools {
  /** As $PATH, with qemu-system-x86_64 and a static busybox in front. */
  readonly path: string;
  /** Debian's stock kernel. */
  readonly kernel: string;
}

/**
 * QEMU, a kernel and busybox out of Debian's packages, not installed: those of the kernel rig, from its cache where it
 * has them. Or why they cannot be had; in CI that is an error.
 */
export async function qemuTools(): Promise<QemuTools | { readonly why: string }> {
  try {
    mkdirSync(CACHE, { recursive: true });
    return await withCheckoutLock(CACHE, gather);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (process.env.CI === 'true') throw new Error(`CI must run guests of QEMU, but ${why}`, { cause: error });
    return { why };
  }
}

async function gather(): Promise<QemuTools> {
  const release = 'bookworm';
  const kernel = await unpackedSet(CACHE, { release, name: 'kernel', packages: [KERNEL_PACKAGE], take: 'dependency' });
  const root = await unpackedSet(CACHE, { release, name: 'root', packages: ROOT_PACKAGES, take: 'closure' });
  const qemu = await unpackedSet(CACHE, {
    release: QEMU_RELEASE,
    name: 'qemu',
    packages: ['qemu-system-x86'],
    take: 'closure',
  });
  const folder = join(CACHE, 'tools');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  symlinkSync(busyboxIn(root.tree), join(folder, 'busybox'));
  const program = join(folder, 'qemu-system-x86_64');
  writeFileSync(program, `#!/bin/sh\nexec ${programIn(qemu.tree).map(shellWord).join(' ')} "$@"\n`);
  chmodSync(program, 0o755);
  return {
    path: `${folder}${delimiter}${process.env.PATH ?? ''}`,
    kernel: onlyFile(join(kernel.tree, 'boot'), /^vmlinuz-/),
  };
}
