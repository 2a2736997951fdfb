/**
 * page_offset_base and vmemmap_base from the program headers of /proc/kcore (fs/proc/kcore.c): an ELF core file whose
 * PT_LOAD segments are the kernel's memory areas. Only its first kilobytes are read.
 */

export interface Bases {
  /** As hexadecimal with 0x: both lie beyond 2^63. */
  readonly pageOffset: string;
  readonly vmemmap: string;
}

const PT_LOAD = 1;
const NO_PHYSICAL = 0xffffffffffffffffn;
/** Kernel text and modules begin here; everything above is neither of the two. */
const TEXT = 0xffffffff80000000n;
const GIB = 1n << 30n;
/** vmalloc is the other area without physical addresses below TEXT, and far bigger than any vmemmap. */
const TOO_BIG = 1n << 40n;

/** undefined: not an x86-64 kcore, or without the segments. */
export function parseKcoreBases(head: Buffer): Bases | undefined {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const at = Number(head.readBigUInt64LE(32));
  const count = head.readUInt16LE(56);
  let pageOffset: bigint | undefined;
  let vmemmap: bigint | undefined;
  for (let offset = at; offset < at + count * 56 && offset + 56 <= head.length; offset += 56) {
    const virtual = head.readBigUInt64LE(offset + 16);
    const physical = head.readBigUInt64LE(offset + 24);
    const size = head.readBigUInt64LE(offset + 32);
    if (head.readUInt32LE(offset) !== PT_LOAD || virtual >= TEXT) continue;
    if (physical !== NO_PHYSICAL) pageOffset ??= virtual - physical;
    else if (size < TOO_BIG && pageOffset !== undefined && virtual > pageOffset) vmemmap ??= (virtual / GIB) * GIB;
  }
  if (pageOffset === undefined || vmemmap === undefined || pageOffset % GIB !== 0n) return undefined;
  return { pageOffset: `0x${pageOffset.toString(16)}`, vmemmap: `0x${vmemmap.toString(16)}` };
}
