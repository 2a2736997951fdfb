/**
 * The few calls of libc that make a process a KSM guest, through koffi. koffi is an optional dependency: this module is
 * imported by the guest program alone, and where it cannot be loaded the guest says so and ends.
 */

import koffi from 'koffi';

/** From the Linux headers; the same on all architectures that ksmpilot runs on. */
const PROT_READ_WRITE = 0x1 | 0x2;
const MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
const MADV_MERGEABLE = 12;
const MADV_NOHUGEPAGE = 15;
const PR_SET_NAME = 15;
const SC_PAGESIZE = 30;
const MAP_FAILED = 2n ** 64n - 1n;

const libc = koffi.load('libc.so.6');
const sysconf = libc.func('long sysconf(int name)') as (name: number) => number;
const prctl = libc.func('int prctl(int option, const char *name)') as (option: number, name: string) => number;
const madvise = libc.func('int madvise(uintptr_t address, size_t length, int advice)') as (
  address: bigint,
  length: number,
  advice: number,
) => number;
const mmap = libc.func('uintptr_t mmap(uintptr_t at, size_t length, int prot, int flags, int fd, int64_t offset)') as (
  at: number,
  length: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
) => number | bigint;

/** Bytes. */
export function pageSize(): number {
  return sysconf(SC_PAGESIZE);
}

/** Sets this thread's comm, which is the process's when called from the main thread. At most 15 characters. */
export function setProcessName(name: string): void {
  if (prctl(PR_SET_NAME, name) !== 0) throw failure('prctl(PR_SET_NAME)');
}

/** A private anonymous area in pages of the base size, not yet mergeable. */
export interface Area {
  readonly address: bigint;
  readonly memory: ArrayBuffer;
}

/**
 * Maps an area. Huge pages are switched off for it: KSM merges base pages only, and would first have to split them.
 *
 * @param length bytes, above 0
 */
export function mapArea(length: number): Area {
  const address = BigInt(mmap(0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
  if (BigInt.asUintN(64, address) === MAP_FAILED) throw failure(`mmap of ${length} bytes`);
  madvise(address, length, MADV_NOHUGEPAGE); // EINVAL where the kernel has no huge pages: as wanted
  return { address, memory: koffi.view(address, length) };
}

/** Offers an area to KSM. EINVAL: the kernel has no KSM. */
export function makeMergeable({ address, memory }: Area): void {
  if (madvise(address, memory.byteLength, MADV_MERGEABLE) !== 0) throw failure('madvise(MADV_MERGEABLE)');
}

/** errno is meaningful only right after a call that failed. */
function failure(call: string): Error {
  const errno = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return new Error(`${call} failed with ${name}`);
}
