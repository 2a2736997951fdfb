/** What a host must have for demonstration machines: QEMU, a Linux kernel to boot, a static busybox. */

import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { KsmpilotError } from '../errors.js';

/** Paths of files. */
export interface VmHost {
  readonly qemu: string;
  /** Of util-linux: ends a machine together with us. */
  readonly setpriv: string;
  readonly kernel: string;
  readonly busybox: string;
}

export interface VmHostOptions {
  /** A kernel image that the operator named. */
  readonly kernel?: string | undefined;
  /** As $PATH. */
  readonly path?: string | undefined;
  /** As Node names it; machines are x86-64. */
  readonly arch?: string;
  /** Folder that stands for `/` where a kernel is looked for. */
  readonly root?: string;
}

/** @throws KsmpilotError DEMO_REFUSED that names all that is missing, with the one command to get it */
export function findVmHost(options: VmHostOptions = {}): VmHost {
  const { arch = process.arch, path = process.env['PATH'] ?? '', root = '/' } = options;
  if (arch !== 'x64') {
    throw new KsmpilotError('DEMO_REFUSED', `demonstration machines are x86-64, this host is ${arch}`, {
      hint: 'run the demonstration without --qemu: its guests are processes.',
    });
  }
  const qemu = findProgram('qemu-system-x86_64', path) ?? findProgram('qemu-kvm', join(root, 'usr/libexec'));
  const setpriv = findProgram('setpriv', path);
  const busybox = findProgram('busybox', path);
  const kernel = options.kernel ?? findKernel(root);
  const missing: string[] = [];
  const packages: string[] = [];
  const want = (found: boolean, what: string, debianPackage: string): void => {
    if (found) return;
    missing.push(what);
    packages.push(debianPackage);
  };
  want(qemu !== undefined, 'qemu-system-x86_64', 'qemu-system-x86');
  want(setpriv !== undefined, 'setpriv', 'util-linux');
  want(busybox !== undefined && isStaticX64(busybox), 'a statically linked busybox', 'busybox-static');
  want(kernel !== undefined && existsSync(kernel), kernel ?? 'a kernel in /boot', 'linux-image-amd64');
  if (qemu !== undefined && setpriv !== undefined && busybox !== undefined && kernel !== undefined) {
    if (missing.length === 0) return { qemu, setpriv, kernel, busybox };
  }
  throw new KsmpilotError('DEMO_REFUSED', `demonstration machines need ${missing.join(', ')}, not found here`, {
    hint:
      `on Debian: apt install --no-install-recommends ${packages.join(' ')}` +
      (packages.includes('linux-image-amd64') ? '; or name a kernel image with --qemu-kernel.' : '.'),
  });
}

/** The running kernel's image, else the newest in /boot. */
function findKernel(root: string): string | undefined {
  const boot = join(root, 'boot');
  const running = [join(boot, `vmlinuz-${release()}`), join(root, 'lib/modules', release(), 'vmlinuz')];
  const others = namesIn(boot)
    .filter((name) => /^vmlinuz-.*\d/.test(name) && !name.includes('rescue'))
    .map((name) => join(boot, name))
    .filter((file) => existsSync(file)) // a link may lead nowhere
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return [...running, ...others].find((file) => existsSync(file));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no /boot, or not ours to read: there is no kernel to be found
  }
}

function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue; // not here, or not ours to run: the next folder may have it
    }
  }
  return undefined;
}

/** ELF-64 for x86-64 (e_machine 62) whose program headers name no interpreter (PT_INTERP, 3), elf(5). */
export function isStaticX64(file: string): boolean {
  let elf: Buffer;
  try {
    elf = readFileSync(file);
    if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf.readUInt16LE(18) !== 62) return false;
    const at = Number(elf.readBigUInt64LE(32));
    const size = elf.readUInt16LE(54);
    const types = Array.from({ length: elf.readUInt16LE(56) }, (_, index) => elf.readUInt32LE(at + index * size));
    return !types.includes(3);
  } catch {
    return false; // a script, or cut short
  }
}
