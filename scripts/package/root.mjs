// @ts-check
/**
 * A Debian for the tests of the package: systemd, apt and bpftrace, and nothing of ours. debootstrap makes it once, as a
 * tar to unpack and enter; of that comes a disk to boot, with the kernel and QEMU of scripts/kernels. In the guest the
 * rig's command runs when the system is up.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { extname, join } from 'node:path';
import { withCheckoutLock } from '../bootstrap/lock.mjs';
import { ScriptFailure, say } from '../bootstrap/say.mjs';
import { digest, run } from '../kernels/debian.mjs';
import { makeDisk, prepareImages } from '../kernels/images.mjs';
import { runGuest } from '../kernels/machine.mjs';
import { CACHE as KERNEL_CACHE } from '../kernels/rig.mjs';

/** Kernel of scripts/kernels and its bpftrace, by release of Debian. */
const GUESTS = {
  bookworm: { kernel: '6.1', bpftrace: '0.17' },
  trixie: { kernel: '6.12', bpftrace: '0.23' },
};

/** Beside what minbase has: an init, and what the package recommends, since the guest has no network. */
const PACKAGES = ['systemd-sysv', 'bpftrace'];

/** Room for the installed package, in MiB. */
const SPARE_MIB = 400;

/** Wait for devices that only udev announces, or do what a machine of minutes does not need. */
const MASKED = [
  ...['serial-getty@.service', 'getty@.service', 'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer', 'systemd-networkd.service', 'getty-static.service'],
];

const HERE = join(import.meta.dirname, 'root');

/** Getting, unpacking and configuring 120 packages, in milliseconds. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * A machine with it.
 *
 * @param {keyof typeof GUESTS} release
 * @param {string} cache
 * @returns {Promise<{ run: (options: Omit<import('../kernels/machine.mjs').GuestRun, 'images'>) => Promise<import('../kernels/machine.mjs').GuestEnd> }>}
 */
export async function openDebian(release, cache) {
  const guest = GUESTS[release];
  mkdirSync(join(KERNEL_CACHE, 'images'), { recursive: true });
  const images = await withCheckoutLock(KERNEL_CACHE, () => prepareImages(KERNEL_CACHE, guest));
  mkdirSync(cache, { recursive: true });
  const root = await withCheckoutLock(cache, () => debianDisk(release, cache));
  return { run: (options) => runGuest({ ...options, images: { ...images, root } }) };
}

/**
 * Its files.
 *
 * @param {keyof typeof GUESTS} release
 * @param {string} cache
 * @returns {Promise<string>} path of a tar, with root's and other owners
 */
export async function debianFiles(release, cache) {
  mkdirSync(cache, { recursive: true });
  return withCheckoutLock(cache, () => debianTar(release, cache));
}

/**
 * @param {string} release
 * @param {string} cache
 */
async function debianTar(release, cache) {
  return kept(release, cache, `${digest(PACKAGES.join('\n'))}.tar`, async (file, tree) => {
    say(`Making a Debian (${release}) ...`);
    const mirror = process.env['KSMPILOT_DEBIAN_MIRROR'] ?? 'http://deb.debian.org/debian';
    await run(
      ['debootstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, release, tree, mirror],
      `no Debian (${release}) can be made`,
      {
        label: 'debootstrap',
        timeoutMs: TIMEOUT_MS,
        hint: `apt-get install debootstrap; ${mirror} must be reachable.`,
      },
    );
    execFileSync('chroot', [tree, 'apt-get', 'clean']);
    rmSync(join(tree, 'var/lib/apt/lists'), { recursive: true });
    mkdirSync(join(tree, 'var/lib/apt/lists'));
    const paths = ['--one-file-system', '--exclude=./proc/*', '--exclude=./sys/*', '.'];
    await run(['tar', '-C', tree, '--numeric-owner', '-cf', file, ...paths], `${file} cannot be written`);
  });
}

/**
 * @param {string} release
 * @param {string} cache
 */
async function debianDisk(release, cache) {
  const files = ['task.service', 'rig-task'].map((name) => readFileSync(join(HERE, name), 'utf8'));
  const name = `${digest([...PACKAGES, ...MASKED, ...files].join('\n'))}.ext4`;
  return kept(release, cache, name, async (file, tree) => {
    const tar = await debianTar(release, cache);
    await run(['tar', '-C', tree, '--numeric-owner', '-xf', tar], `${tar} cannot be unpacked`);
    furnish(tree);
    await makeDisk(tree, file, SPARE_MIB);
  });
}

/**
 * A file of the cache, made where it is not there yet. Older ones of the same kind go.
 *
 * @param {string} release
 * @param {string} cache
 * @param {string} name without the release
 * @param {(file: string, work: string) => Promise<void>} make writes the file, with an empty folder to work in
 */
async function kept(release, cache, name, make) {
  const file = join(cache, `${release}-${name}`);
  if (existsSync(file)) return file;
  if (process.getuid?.() !== 0) throw new ScriptFailure('a Debian can only be made by root.', 'run it as root.');
  const kind = extname(name).slice(1);
  const old = new RegExp(`^${release}-(work-${kind}-|.*\\.${kind}(\\.half)?$)`);
  for (const entry of readdirSync(cache).filter((entry) => old.test(entry))) removeTree(join(cache, entry));
  const work = mkdtempSync(join(cache, `${release}-work-${kind}-`));
  chmodSync(work, 0o755); // becomes the mode of its /
  try {
    await make(`${file}.half`, work);
    renameSync(`${file}.half`, file);
  } finally {
    removeTree(work);
  }
  return file;
}

/**
 * debootstrap mounts /proc and /sys of this host in the tree; where it was killed they may still be there, and nothing in
 * them may be removed.
 *
 * @param {string} tree
 */
function removeTree(tree) {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${tree}/`));
  for (const path of mounted.reverse()) execFileSync('umount', [path]);
  rmSync(tree, { recursive: true, force: true });
}

/**
 * The rig's command as a service, and the way in: its initramfs hands over to /sbin/guest-init.
 *
 * @param {string} tree
 */
function furnish(tree) {
  symlinkSync('/lib/systemd/systemd', join(tree, 'usr/sbin/guest-init'));
  const units = join(tree, 'etc/systemd/system');
  for (const unit of MASKED) {
    rmSync(join(units, unit), { force: true });
    symlinkSync('/dev/null', join(units, unit));
  }
  cpSync(join(HERE, 'task.service'), join(units, 'rig-task.service'));
  cpSync(join(HERE, 'rig-task'), join(tree, 'usr/local/sbin/rig-task'));
  execFileSync('chmod', ['755', join(tree, 'usr/local/sbin/rig-task')]);
  // After multi-user.target, so it cannot be one of its parts.
  const after = join(units, 'graphical.target.wants');
  mkdirSync(after, { recursive: true });
  symlinkSync('/etc/systemd/system/rig-task.service', join(after, 'rig-task.service'));
}
