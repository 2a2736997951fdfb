/**
 * Words of /proc/PID/pagemap: 8 bytes per page of address space, little-endian, 0 for what is not there. Read as two
 * 32-bit halves, the low one first: 64-bit integers of JavaScript are ten times slower, and a TiB has 268 million.
 *
 * Bits (Documentation/admin-guide/mm/pagemap.rst): 0-54 frame number, or 0 for readers without CAP_SYS_ADMIN; 56 mapped
 * here and nowhere else; 61 a file's page or shared memory; 62 swapped out; 63 present.
 */

/** Bytes per page of address space. */
export const PAGEMAP_BYTES = 8;

// Bits of the high half.
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const FILE_OR_SHARED = 1 << 29;
const EXCLUSIVE = 1 << 24;
const FRAME_HIGH = (1 << 23) - 1;

/** What KSM may merge as far as the word tells: present, and neither a file's nor shared. The zero page looks so too. */
export function isPrivate(high: number): boolean {
  return (high & (PRESENT | FILE_OR_SHARED)) === PRESENT;
}

export function isPresent(high: number): boolean {
  return (high & PRESENT) !== 0;
}

export function isSwapped(high: number): boolean {
  return (high & (PRESENT | SWAPPED)) === SWAPPED;
}

export function isFileOrShared(high: number): boolean {
  return (high & FILE_OR_SHARED) !== 0;
}

/** Is the frame mapped by this page of this process alone? */
export function isExclusive(high: number): boolean {
  return (high & EXCLUSIVE) !== 0;
}

/** Frame number; below 2^53 on every machine there is. 0: the kernel does not tell this reader. */
export function frameOf(low: number, high: number): number {
  return (high & FRAME_HIGH) * 2 ** 32 + low;
}
