/** An ELF core header with the given PT_LOAD (or other) segments. */
export function kcoreHead(
  segments: readonly [type: number, virtual: bigint, physical: bigint, size: bigint][],
): Buffer {
  const head = Buffer.alloc(64 + segments.length * 56);
  head.write('\x7fELF', 0, 'latin1');
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(segments.length, 56);
  segments.forEach(([type, virtual, physical, size], index) => {
    const at = 64 + index * 56;
    head.writeUInt32LE(type, at);
    head.writeBigUInt64LE(virtual, at + 16);
    head.writeBigUInt64LE(physical, at + 24);
    head.writeBigUInt64LE(size, at + 32);
  });
  return head;
}
