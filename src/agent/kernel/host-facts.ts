import { join } from 'node:path';

import type { HostInfo } from '../model/host.js';
import { malformed, readRecord, readWhole, unreadable } from './file.js';
import { listKsmFiles } from './ksm-sysfs.js';
import { readMeminfo } from './meminfo.js';
import { parseSelected } from './number.js';

/** What /proc and /sys say of the host. Constant while it runs, but for hot-plugged CPUs and memory. */
export type HostFacts = Pick<
  HostInfo,
  | 'hostname'
  | 'kernelRelease'
  | 'machine'
  | 'pageSize'
  | 'cpus'
  | 'memTotalBytes'
  | 'bootId'
  | 'ksmPresent'
  | 'ksmFeatures'
  | 'root'
> & {
  /** `none`, `integrity` or `confidentiality`; absent where securityfs or the lockdown module is not there. */
  readonly lockdown?: string;
};

/** AT_PAGESZ of include/uapi/linux/auxvec.h. */
const AT_PAGESZ = 6n;

/** Node's names of architectures to those of uname, for kernels before 6.1, which have no /proc/sys/kernel/arch. */
const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ppc64: 'ppc64le' };

/** @throws KsmpilotError KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED: no procfs, so nothing can be done here */
export function readHostFacts(root = '/'): HostFacts {
  const memTotalKb = readMeminfo(root)?.MemTotal;
  const features = listKsmFiles(root);
  const bootId = readBootId(root);
  const lockdown = readLockdown(root);
  return {
    hostname: required(root, 'proc/sys/kernel/hostname'),
    kernelRelease: required(root, 'proc/sys/kernel/osrelease'),
    machine: optional(root, 'proc/sys/kernel/arch') ?? MACHINES[process.arch] ?? process.arch,
    pageSize: readPageSize(root),
    cpus: readCpus(root),
    ...(memTotalKb === undefined ? {} : { memTotalBytes: memTotalKb * 1024 }),
    ...(bootId === undefined ? {} : { bootId }),
    ksmPresent: features !== undefined,
    ksmFeatures: features ?? [],
    root: process.geteuid?.() === 0,
    ...(lockdown === undefined ? {} : { lockdown }),
  };
}

/** A random id that the kernel draws at each boot: names the boot that a baseline belongs to. */
export function readBootId(root = '/'): string | undefined {
  return optional(root, 'proc/sys/kernel/random/boot_id');
}

function readLockdown(root: string): string | undefined {
  const path = 'sys/kernel/security/lockdown';
  const text = optional(root, path);
  return text === undefined ? undefined : parseSelected(text, join(root, path));
}

/** Online CPUs: one `cpuN` line each in /proc/stat. */
function readCpus(root: string): number {
  const path = join(root, 'proc/stat');
  const text = readWhole(path);
  if (text === undefined) throw missing(path);
  return parseCpus(text, path);
}

/**
 * Sample:
 *
 *     cpu  2255 34 2290 22625563 6290 127 456 0 0 0
 *     cpu0 1132 34 1441 11311718 3675 127 438 0 0 0
 */
export function parseCpus(text: string, path: string): number {
  const cpus = text.match(/^cpu\d+ /gm)?.length ?? 0;
  if (cpus === 0) throw malformed(path, text, 'a line per CPU');
  return cpus;
}

/** Bytes per page, from the vector that the kernel gives each program (getauxval(3)). */
function readPageSize(root: string): number {
  const path = join(root, 'proc/self/auxv');
  const text = readWhole(path);
  if (text === undefined) throw missing(path);
  return parsePageSize(Buffer.from(text, 'latin1'), path);
}

/** Pairs of machine words in the machine's byte order; 64-bit only, like every host that Node 20 supports KSM on. */
export function parsePageSize(auxv: Buffer, path: string): number {
  const words = new BigUint64Array(new Uint8Array(auxv.subarray(0, auxv.length - (auxv.length % 16))).buffer);
  for (let index = 0; index < words.length; index += 2) {
    if (words[index] === AT_PAGESZ) return Number(words[index + 1]);
  }
  throw malformed(path, '', 'pairs of words with AT_PAGESZ among them');
}

function optional(root: string, path: string): string | undefined {
  return readRecord(join(root, path))?.trim();
}

function required(root: string, path: string): string {
  const text = optional(root, path);
  if (text === undefined) throw missing(join(root, path));
  return text;
}

function missing(path: string): Error {
  return unreadable(path, Object.assign(new Error(`${path} does not exist`), { code: 'ENOENT' }));
}
