import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openProcessMemory, type ProcessMemory } from '../../../../src/agent/memory-map/process-memory.js';

const PAGE = 4096;
let root = '';

/** A /proc with one process whose files are ordinary ones. */
function lay(files: Readonly<Record<string, string | Uint8Array>>): void {
  mkdirSync(join(root, 'proc/7'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, 'proc/7', name), content);
}

const stat = (flags = 0, state = 'S', start = 500): string =>
  `7 (a (b) c) ${state} 1 7 7 0 -1 ${flags} 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 0 0 0`;

const open = (): ProcessMemory => openProcessMemory(7, { pageSize: PAGE, root });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ksmpilot-memory-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('openProcessMemory', () => {
  it('reads areas, pagemap and contents', () => {
    const smaps = '2000-4000 rw-p 00000000 00:00 0 \nRss: 8 kB\nAnonymous: 8 kB\nVmFlags: rd mg\n';
    const mem = new Uint8Array(4 * PAGE).fill(9, 2 * PAGE);
    lay({ stat: stat(), smaps, pagemap: BigUint64Array.of(0n, 0n, 5n, 6n) as unknown as Uint8Array, mem });
    const memory = open();
    expect(memory.comm).toBe('a (b) c');
    expect([...memory.areas()]).toMatchObject([{ firstPage: 2, pages: 2, anonymousPages: 2, offered: true }]);
    const words = new Uint32Array(6);
    expect(memory.pagemap(2, words)).toBe(2); // the file ends behind them
    expect([...words]).toEqual([5, 0, 6, 0, 0, 0]);
    const page = new Uint8Array(PAGE);
    expect(memory.content(3, page)).toBe(PAGE);
    expect(page.every((byte) => byte === 9)).toBe(true);
    expect(memory.content(4, page)).toBe(0);
    expect(memory.ended()).toBe(false);
    memory.close();
  });

  it('notices that the pid is another process now', () => {
    lay({ stat: stat(), smaps: '', pagemap: '', mem: '' });
    const memory = open();
    lay({ stat: stat(0, 'S', 501) });
    expect(memory.ended()).toBe(true);
    memory.close();
  });

  it('notices that the process runs another program now, whose memory is not the one that was opened', () => {
    lay({ stat: stat(), smaps: '', pagemap: new Uint8Array(8), mem: '' });
    const memory = open();
    expect(memory.ended()).toBe(false);
    lay({ pagemap: '' }); // so the kernel shows the pagemap of memory that nobody has any more
    expect(memory.ended()).toBe(true);
    memory.close();
  });

  it.each([
    ['a kernel thread', stat(0x0020_0000)],
    ['a zombie', stat(0, 'Z')],
  ])('has nothing of %s, without opening its files', (_what, text) => {
    lay({ stat: text });
    expect([...open().areas()]).toEqual([]);
  });

  it('says that there is no such process', () => {
    expect(open).toThrow(expect.objectContaining({ code: 'PROCESS_ABSENT' }) as Error);
  });

  it('says that a process ended between two reads', () => {
    lay({ stat: stat() });
    expect(open).toThrow(expect.objectContaining({ code: 'PROCESS_ABSENT' }) as Error);
  });

  it('says what it may not read', () => {
    lay({ stat: stat(), mem: '' });
    mkdirSync(join(root, 'proc/7/pagemap')); // opens, but EISDIR on read: no process is to blame
    const memory = open();
    expect(() => memory.pagemap(0, new Uint32Array(2))).toThrow('EISDIR');
    memory.close();
  });
});
