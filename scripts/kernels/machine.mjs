// @ts-check
/**
 * One guest under QEMU's software emulation: boots, runs one command, switches off. Nothing is written to the images,
 * and the guest has no network. Its RAM is not mergeable on the host, unless asked for.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boundToUs } from '../bootstrap/command.mjs';
import { makeDisk, packCpio } from './images.mjs';

/**
 * @typedef {object} GuestRun
 * @property {import('./images.mjs').Images} images
 * @property {readonly string[]} command program and arguments, in the guest
 * @property {string} [share] folder on the host, of which the guest gets a copy at /share and starts there
 * @property {number} [memoryMib]
 * @property {number} [cpus]
 * @property {4 | 5} [pagingLevels] of the guest's page tables; default 4
 * @property {string} [append] more words for the kernel's command line
 * @property {boolean} [mergeable] let the host's KSM merge the guest's RAM
 * @property {number} [timeoutMs]
 * @property {(chunk: Buffer) => void} onStdout
 * @property {(chunk: Buffer) => void} onStderr
 *
 * @typedef {object} GuestEnd
 * @property {number | undefined} code exit code of the command; undefined: the guest never told
 * @property {boolean} timedOut
 * @property {string} console the last lines of the guest's console
 * @property {string} qemu what QEMU itself said
 * @property {number} bootMs until the command began
 * @property {number} totalMs
 */

const TIMEOUT_MS = 10 * 60_000;
const CONSOLE_LINES = 40;

/**
 * @param {GuestRun} options
 * @returns {Promise<GuestEnd>}
 */
export async function runGuest(options) {
  const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-guest-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await runIn(folder, options);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/**
 * @param {string} folder
 * @param {GuestRun} options
 * @returns {Promise<GuestEnd>}
 */
async function runIn(folder, options) {
  const { images, command, share, timeoutMs = TIMEOUT_MS, onStdout, onStderr } = options;
  const startedMs = Date.now();
  const initrd = join(folder, 'initrd');
  copyFileSync(images.initrd, initrd);
  appendFileSync(initrd, packTask(folder, command, images.busybox));
  const disk = share === undefined ? undefined : join(folder, 'share.ext4');
  if (share !== undefined && disk !== undefined) await makeDisk(share, disk);

  const out = await listen(join(folder, 'out'), onStdout);
  const err = await listen(join(folder, 'err'), onStderr);
  let told = '';
  const end = await listen(join(folder, 'end'), (chunk) => (told += chunk.toString()));
  let consoleText = '';
  let bootMs = Number.NaN;
  const log = await listen(join(folder, 'log'), (chunk) => {
    consoleText = (consoleText + chunk.toString('latin1')).slice(-64 * 1024);
    if (Number.isNaN(bootMs) && consoleText.includes('rig: running the command')) bootMs = Date.now() - startedMs;
  });

  const ports = [log, out, err, end];
  const [program = '', ...args] = boundToUs(
    qemuCommand(
      options,
      initrd,
      disk,
      ports.map((port) => port.path),
    ),
  );
  const qemu = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [qemu.stdout, qemu.stderr])
    stream.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4000)));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    qemu.kill('SIGKILL');
  }, timeoutMs);
  const kill = () => qemu.kill('SIGKILL');
  process.once('exit', kill);
  process.once('disconnect', kill); // a worker of vitest, whose parent was killed
  try {
    await new Promise((resolve, reject) => {
      qemu.once('error', reject);
      qemu.once('close', resolve);
    });
    for (const port of ports) await port.closed();
  } finally {
    clearTimeout(timer);
    process.off('exit', kill);
    process.off('disconnect', kill);
    for (const port of ports) port.stop();
  }
  const code = /^exit (\d+)$/m.exec(told)?.[1];
  return {
    code: code === undefined ? undefined : Number(code),
    timedOut,
    console: consoleText.replaceAll('\r', '').trim().split('\n').slice(-CONSOLE_LINES).join('\n'),
    qemu: said.trim(),
    bootMs,
    totalMs: Date.now() - startedMs,
  };
}

/**
 * @param {GuestRun} options
 * @param {string} initrd
 * @param {string | undefined} disk
 * @param {readonly string[]} sockets for the guest's serial ports 0 to 3
 * @returns {string[]}
 */
function qemuCommand({ images, ...options }, initrd, disk, sockets) {
  const { memoryMib = 640, cpus = 1, pagingLevels = 4, append = '', mergeable = false } = options;
  const drives = [images.root, ...(disk === undefined ? [] : [disk])];
  return [
    ...programIn(images.qemu),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-nic', 'none'],
    ...['-machine', `q35,mem-merge=${mergeable ? 'on' : 'off'}`, '-accel', 'tcg'],
    ...['-cpu', `max${pagingLevels === 4 ? ',la57=off' : ''}`, '-smp', String(cpus), '-m', String(memoryMib)],
    ...['-kernel', images.kernel, '-initrd', initrd, '-append', `console=ttyS0 panic=-1 loglevel=5 ${append}`],
    ...drives.flatMap((file) => ['-drive', `file=${escape(file)},if=virtio,format=raw,snapshot=on`]),
    ...sockets.flatMap((path, port) => [
      '-chardev',
      `socket,id=s${port},path=${escape(path)}`,
      '-serial',
      `chardev:s${port}`,
    ]),
  ];
}

/**
 * A QEMU that was unpacked, not installed: run by its own loader with its own libraries.
 *
 * @param {string} tree
 * @returns {string[]}
 */
export function programIn(tree) {
  const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
  const data = ['qemu', 'seabios'].flatMap((name) => ['-L', join(tree, 'usr/share', name)]);
  return [
    join(tree, 'usr/lib64/ld-linux-x86-64.so.2'),
    ...['--library-path', libraries],
    join(tree, 'usr/bin/qemu-system-x86_64'),
    ...data,
  ];
}

/**
 * @param {string} folder
 * @param {readonly string[]} command
 * @param {string} busybox
 * @returns {Buffer} a further initramfs with the command as a shell script
 */
function packTask(folder, command, busybox) {
  const task = join(folder, 'task');
  mkdirSync(task);
  writeFileSync(join(task, 'task'), `exec ${command.map(shellWord).join(' ')}\n`);
  return packCpio(task, busybox);
}

/** @param {string} word */
export function shellWord(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * In QEMU's options a comma is written twice.
 *
 * @param {string} path
 */
function escape(path) {
  return path.replaceAll(',', ',,');
}

/**
 * A socket that QEMU connects a serial port to.
 *
 * @param {string} path
 * @param {(chunk: Buffer) => void} onData
 */
async function listen(path, onData) {
  /** @type {import('node:net').Socket | undefined} */
  let connection;
  const server = createServer((socket) => {
    connection = socket;
    socket.on('data', onData);
    socket.on('error', () => socket.destroy()); // QEMU was killed
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(undefined));
  });
  return {
    path,
    /** Everything that the guest sent has been taken. */
    closed: () =>
      new Promise((resolve) => {
        if (connection === undefined || connection.closed) resolve(undefined);
        else connection.once('close', resolve);
      }),
    stop: () => {
      connection?.destroy();
      server.close();
    },
  };
}
