// @ts-check
/** Which stock Debian kernels the rig boots, and which releases their programs come from. Data only. */

/**
 * @typedef {'bookworm' | 'trixie'} Release
 *
 * @typedef {object} Target
 * @property {Release} release whose newest kernel it is
 * @property {string} bpftrace bpftrace of the same release: the default one
 *
 * @typedef {object} Guest what one boot consists of
 * @property {string} kernel a key of KERNELS
 * @property {string} bpftrace a key of BPFTRACES
 * @property {4 | 5} levels of its page tables
 */

/** @type {Readonly<Record<string, Target>>} */
export const KERNELS = {
  6.1: { release: 'bookworm', bpftrace: '0.17' },
  6.12: { release: 'trixie', bpftrace: '0.23' },
};

/** @type {Readonly<Record<string, Release>>} */
export const BPFTRACES = { 0.17: 'bookworm', 0.23: 'trixie' };

/** Debian 12's QEMU 7.2 makes 6.12 guests oops under software emulation; Debian 13's QEMU 10 runs all of them. */
/** @type {Release} */
export const QEMU_RELEASE = 'trixie';

/** A meta package: it depends on the newest kernel image of its release. The cloud image has kprobes, BTF and KSM. */
export const KERNEL_PACKAGE = 'linux-image-cloud-amd64';

/** A whole small system: bpftrace with all that it needs, and one program for everything else. */
export const ROOT_PACKAGES = ['bpftrace', 'busybox-static'];

/** Kernel modules that a guest gets, with what they depend on. KVM's is for QEMU's emulated AMD CPU. */
export const MODULES = { boot: ['virtio_pci', 'virtio_blk'], later: ['kvm-amd'] };

/** Every guest that the tests boot, the one that CI cannot do without first. */
/** @type {readonly Guest[]} */
export const GUESTS = [
  { kernel: '6.1', bpftrace: '0.17', levels: 4 },
  { kernel: '6.12', bpftrace: '0.23', levels: 4 },
  { kernel: '6.1', bpftrace: '0.23', levels: 5 },
  { kernel: '6.12', bpftrace: '0.17', levels: 5 },
];
