import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA, FOLDER, PROGRAM, cpioArchive } from '../../../../src/agent/demo/cpio.js';

describe('an archive', () => {
  it('has headers of hexadecimal numbers, and names and contents filled up to four bytes', () => {
    const archive = cpioArchive([{ path: 'a/bc', mode: DATA, content: Buffer.from('12345') }]);
    expect(archive.toString('latin1', 0, 110)).toBe(
      '070701' + // magic number
        '00000001' + // inode
        '000081a4' + // regular file, rw-r--r--
        '0000000000000000' + // root, root
        '00000001' + // links
        '00000000' + // mtime
        '00000005' + // size
        '00000000'.repeat(4) +
        '00000005' + // name with its NUL
        '00000000',
    );
    expect(archive.toString('latin1', 110, 124)).toBe('a/bc\0\x0012345\0\0\0'.slice(0, 14));
    expect(archive.toString('latin1').indexOf('070701', 110) % 4).toBe(0);
    expect(archive.includes('TRAILER!!!\0')).toBe(true);
  });

  it('holds what was put in, to be found by walking from header to header', () => {
    const files = fc.array(
      fc.record({ path: fc.stringMatching(/^[a-z/]{1,30}$/), content: fc.uint8Array({ maxLength: 40 }) }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(files, (told) => {
        const entries = told.map((file) => ({ ...file, mode: PROGRAM }));
        expect(membersOf(cpioArchive(entries))).toEqual(
          entries.map(({ path, mode, content }) => ({ path, mode, content: [...content] })),
        );
      }),
    );
  });

  it('marks folders as folders', () => {
    expect(membersOf(cpioArchive([{ path: 'dev', mode: FOLDER }]))).toEqual([
      { path: 'dev', mode: 0o40755, content: [] },
    ]);
  });
});

/** A reader by the kernel's document: each member begins at a multiple of four, and so does its content. */
function membersOf(archive: Buffer): readonly { path: string; mode: number; content: readonly number[] }[] {
  const found = [];
  for (let at = 0; ;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const number = (index: number): number =>
      parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, nameSize] = [number(1), number(6), number(11)];
    const path = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
    if (path === 'TRAILER!!!') return found;
    const from = Math.ceil((at + 110 + nameSize) / 4) * 4;
    found.push({ path, mode, content: [...archive.subarray(from, from + size)] });
    at = Math.ceil((from + size) / 4) * 4;
  }
}
