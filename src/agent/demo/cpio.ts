/** Archives in the `newc` format of cpio, which Linux unpacks as its first root file system (initramfs). Pure. */

export interface ArchiveEntry {
  /** Below the root, without a slash in front. */
  readonly path: string;
  /** Type and permissions as in st_mode. */
  readonly mode: number;
  readonly content?: Uint8Array;
}

export const FOLDER = 0o040755;
export const PROGRAM = 0o100755;
export const DATA = 0o100644;

/**
 * Documentation/driver-api/early-userspace/buffer-format.rst: a header of 110 characters, thirteen numbers of eight
 * hexadecimal digits in it, the name, the content, each filled up to a multiple of four bytes; `TRAILER!!!` at the end.
 */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const parts = entries.map((entry, index) => member(entry, index + 1));
  return Buffer.concat([...parts, member({ path: 'TRAILER!!!', mode: 0 }, 0)]);
}

function member({ path, mode, content = new Uint8Array() }: ArchiveEntry, inode: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device of the file (2), device it is (2), length of the name, checksum
  const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([filledUp(Buffer.concat([header, name])), filledUp(content)]);
}

function filledUp(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}
