// @ts-check
/** What a guest boots from: kernel, initramfs, root file system, and a copy of the shared folder. No root needed. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { findProgram } from '../bootstrap/command.mjs';
import { ScriptFailure, say } from '../bootstrap/say.mjs';
import { digest, run, unpackedSet, versionOf } from './debian.mjs';
import { dependencies, loadOrder, moduleReader } from './modules.mjs';
import { BPFTRACES, KERNELS, KERNEL_PACKAGE, MODULES, QEMU_RELEASE, ROOT_PACKAGES } from './targets.mjs';

/**
 * @typedef {object} Images
 * @property {string} kernel path of the bzImage
 * @property {string} initrd
 * @property {string} root path of an ext4 image that no guest changes
 * @property {string} qemu folder of an unpacked QEMU
 * @property {string} busybox a static program that runs on the host too
 * @property {{ kernel: string, bpftrace: string, qemu: string }} versions of the Debian packages
 */

const HERE = import.meta.dirname;

/** Room beside the files, in MiB: for the guest's own files and the file system's. */
const SPARE_MIB = 96;

/**
 * Everything for one guest, from the cache or built.
 *
 * @param {string} cache
 * @param {{ kernel: string, bpftrace: string }} guest
 * @param {{ update?: boolean }} [options]
 * @returns {Promise<Images>}
 */
export async function prepareImages(cache, guest, options) {
  const target = KERNELS[guest.kernel];
  const release = BPFTRACES[guest.bpftrace];
  if (target === undefined) throw new ScriptFailure(`there is no kernel "${guest.kernel}" here.`, known(KERNELS));
  if (release === undefined)
    throw new ScriptFailure(`there is no bpftrace "${guest.bpftrace}" here.`, known(BPFTRACES));
  if (process.arch !== 'x64')
    throw new ScriptFailure(`the rig boots x86-64 guests on x86-64 hosts; this is ${process.arch}.`);

  const set = { release, name: 'root', packages: ROOT_PACKAGES, take: /** @type {const} */ ('closure') };
  const root = await unpackedSet(cache, set, options);
  const kernel = await unpackedSet(
    cache,
    { release: target.release, name: 'kernel', packages: [KERNEL_PACKAGE], take: 'dependency' },
    options,
  );
  const qemu = await unpackedSet(
    cache,
    { release: QEMU_RELEASE, name: 'qemu', packages: ['qemu-system-x86'], take: 'closure' },
    options,
  );
  return {
    kernel: onlyFile(join(kernel.tree, 'boot'), /^vmlinuz-/),
    initrd: await buildInitrd(cache, `initrd-${guest.kernel}`, kernel, root.tree),
    root: await buildRoot(cache, `root-${release}`, root),
    qemu: qemu.tree,
    busybox: busyboxIn(root.tree),
    versions: {
      kernel: versionOf(kernel.debs, /^linux-image-/) ?? '',
      bpftrace: versionOf(root.debs, /^bpftrace$/) ?? '',
      qemu: versionOf(qemu.debs, /^qemu-system-x86$/) ?? '',
    },
  };
}

/**
 * An ext4 image of a folder.
 *
 * @param {string} folder
 * @param {string} image
 * @param {number} [spareMib]
 */
export async function makeDisk(folder, image, spareMib = SPARE_MIB) {
  const mib = Math.ceil(bytesBelow(folder) / (1 << 20)) + spareMib;
  const mke2fs = findProgram('mke2fs', `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`) ?? 'mke2fs';
  // No journal: a guest's writes are thrown away.
  const options = ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-E', 'root_owner=0:0', '-d', folder];
  await run([mke2fs, ...options, image, `${mib}M`], `no disk can be made of ${folder}`);
}

/**
 * @param {string} cache
 * @param {string} name
 * @param {{ tree: string, key: string }} kernel
 * @param {string} rootTree
 */
async function buildInitrd(cache, name, kernel, rootTree) {
  const init = readFileSync(join(HERE, 'init-ram.sh'));
  const modules = [...MODULES.boot, ...MODULES.later];
  return keptFile(
    cache,
    name,
    digest(`${kernel.key} ${modules.join()} ${digest(init.toString())}`),
    async (file, work) => {
      const busybox = busyboxIn(rootTree);
      const read = moduleReader(
        join(kernel.tree, firstExisting(kernel.tree, ['usr/lib/modules', 'lib/modules'])),
        busybox,
      );
      const order = loadOrder(modules, (module) => {
        const content = read(module);
        return content === undefined ? undefined : dependencies(content);
      });
      mkdirSync(join(work, 'bin'));
      mkdirSync(join(work, 'modules'));
      cpSync(busybox, join(work, 'bin/busybox'));
      for (const module of order) writeFileSync(join(work, 'modules', `${module}.ko`), read(module) ?? '');
      writeFileSync(join(work, 'modules/order'), order.map((module) => `${module}.ko\n`).join(''));
      writeFileSync(join(work, 'init'), init, { mode: 0o755 });
      writeFileSync(file, packCpio(work, busybox));
    },
  );
}

/**
 * The files of a folder as the kernel takes an initramfs; several may follow each other in one file.
 *
 * @param {string} folder
 * @param {string} busybox
 * @returns {Buffer}
 */
export function packCpio(folder, busybox) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const options = { cwd: folder, input: `${names.join('\n')}\n`, maxBuffer: 256 * 1024 * 1024 };
  const packed = execFileSync(busybox, ['cpio', '-o', '-H', 'newc'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
  return Buffer.concat([packed, Buffer.alloc((512 - (packed.length % 512)) % 512)]);
}

/** @param {string} tree */
export function busyboxIn(tree) {
  return join(tree, firstExisting(tree, ['usr/bin/busybox', 'bin/busybox']));
}

/**
 * @param {string} cache
 * @param {string} name
 * @param {{ tree: string, key: string }} root
 */
async function buildRoot(cache, name, { tree, key }) {
  const init = readFileSync(join(HERE, 'init-root.sh'));
  const { mtimeMs, size } = statSync(process.execPath);
  const node = `${process.version} ${mtimeMs} ${size}`;
  return keptFile(cache, name, digest(`${key} ${node} ${digest(init.toString())}`), async (file, work) => {
    cpSync(tree, work, { recursive: true, verbatimSymlinks: true });
    for (const unused of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info']) {
      rmSync(join(work, unused), { recursive: true, force: true });
    }
    for (const folder of ['proc', 'sys', 'dev', 'tmp', 'run', 'root', 'share', 'usr/local/bin']) {
      mkdirSync(join(work, folder), { recursive: true });
    }
    mergeUsr(work, busyboxIn(work).slice(work.length));
    writeFileSync(join(work, 'sbin/guest-init'), init, { mode: 0o755 });
    addNode(work);
    await makeDisk(work, file);
  });
}

/**
 * Debian's packages count on /bin, /sbin and /lib being links into /usr, which base-files makes; bookworm's still bring
 * files in both places. Moves everything to /usr and makes the links.
 *
 * @param {string} root
 * @param {string} busybox path in the root
 */
function mergeUsr(root, busybox) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const from = join(root, name);
    const to = join(root, 'usr', name);
    mkdirSync(to, { recursive: true });
    if (existsSync(from)) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    rmSync(from, { recursive: true, force: true });
    execFileSync('ln', ['-s', `usr/${name}`, from]);
  }
  if (!busybox.endsWith('/bin/busybox')) throw new ScriptFailure(`busybox is at ${busybox}, not in /bin.`);
}

/**
 * The Node that runs this, with those of its libraries that the root does not have.
 *
 * @param {string} root
 */
function addNode(root) {
  cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true });
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [, path = ''] of libraries.matchAll(/=> (\/\S+)/g)) {
    const present = ['usr/lib/x86_64-linux-gnu', 'usr/lib64', 'usr/lib'].some((at) =>
      existsSync(join(root, at, basename(path))),
    );
    if (!present) cpSync(path, join(root, 'usr/lib/x86_64-linux-gnu', basename(path)), { dereference: true });
  }
}

/**
 * A file in the cache that is built once for each key; older ones of the same name go.
 *
 * @param {string} cache
 * @param {string} name
 * @param {string} key
 * @param {(file: string, work: string) => Promise<void>} build gets the path to write and an empty folder
 * @returns {Promise<string>}
 */
async function keptFile(cache, name, key, build) {
  const folder = join(cache, 'images');
  const file = join(folder, `${name}-${key}`);
  if (existsSync(file)) return file;
  say(`Building ${name} ...`);
  mkdirSync(folder, { recursive: true });
  // Whoever builds holds the lock: work folders are of builds that were killed.
  for (const old of readdirSync(folder).filter((entry) => entry.startsWith(`${name}-`) || entry.startsWith('work-'))) {
    rmSync(join(folder, old), { recursive: true });
  }
  const work = mkdtempSync(join(folder, 'work-'));
  try {
    await build(`${file}.half`, work);
    renameSync(`${file}.half`, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}

/**
 * @param {string} folder
 * @param {RegExp} name
 */
export function onlyFile(folder, name) {
  const found = readdirSync(folder).filter((entry) => name.test(entry));
  if (found.length !== 1) throw new ScriptFailure(`${folder} has ${found.length} files like ${name}.`);
  return join(folder, found[0] ?? '');
}

/**
 * @param {string} folder
 * @param {string[]} paths
 */
function firstExisting(folder, paths) {
  const found = paths.find((path) => existsSync(join(folder, path)));
  if (found === undefined) throw new ScriptFailure(`${folder} has none of ${paths.join(', ')}.`);
  return found;
}

/** @param {string} folder */
function bytesBelow(folder) {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    // 4 KiB a file: its last block and its inode.
    if (entry.isFile()) sum += statSync(join(entry.parentPath, entry.name)).size + 4096;
    else sum += 4096;
  }
  return sum;
}

/** @param {Readonly<Record<string, unknown>>} table */
function known(table) {
  return `known: ${Object.keys(table).join(', ')}`;
}
