// @ts-check
/**
 * A bootable Debian for the package's test: systemd, apt and bpftrace, and nothing of ours. debootstrap makes it once;
 * the kernel and QEMU are those of scripts/kernels. In the guest the rig's command runs when the system is up.
 */
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
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
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

/** Unpacking and configuring 120 packages, in milliseconds. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * @param {keyof typeof GUESTS} release
 * @param {string} cache
 * @returns {Promise<{ run: (options: Omit<import('../kernels/machine.mjs').GuestRun, 'images'>) => Promise<import('../kernels/machine.mjs').GuestEnd> }>}
 */
export async function openDebian(release, cache) {
  const guest = GUESTS[release];
  mkdirSync(join(KERNEL_CACHE, 'images'), { recursive: true });
  const images = await withCheckoutLock(KERNEL_CACHE, () => prepareImages(KERNEL_CACHE, guest));
  mkdirSync(cache, { recursive: true });
  const root = await withCheckoutLock(cache, () => debianImage(release, cache));
  return { run: (options) => runGuest({ ...options, images: { ...images, root } }) };
}

/**
 * @param {string} release
 * @param {string} cache
 */
async function debianImage(release, cache) {
  const files = ['task.service', 'rig-task'].map((name) => readFileSync(join(HERE, name), 'utf8'));
  const image = join(cache, `${release}-${digest([...PACKAGES, ...MASKED, ...files].join('\n'))}.ext4`);
  if (existsSync(image)) return image;
  if (process.getuid?.() !== 0) throw new ScriptFailure('debootstrap needs root.', 'run it as root.');
  for (const old of readdirSync(cache).filter((name) => name.startsWith(`${release}-`))) {
    removeTree(join(cache, old));
  }
  const tree = mkdtempSync(join(cache, `${release}-work-`));
  try {
    say(`Making a Debian (${release}) to boot ...`);
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
    furnish(tree);
    await makeDisk(tree, `${image}.half`, SPARE_MIB);
    renameSync(`${image}.half`, image);
  } finally {
    removeTree(tree);
  }
  return image;
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
  execFileSync('chroot', [tree, 'apt-get', 'clean']);
  rmSync(join(tree, 'var/lib/apt/lists'), { recursive: true });
  mkdirSync(join(tree, 'var/lib/apt/lists'));
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
