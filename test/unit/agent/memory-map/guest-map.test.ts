import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGuestMap } from '../../../../src/agent/memory-map/guest-map.js';
import { testGuest } from '../../../helpers/agent-port.js';
import { copiedTree, put } from '../../../helpers/kernel-tree.js';

const PAGE = 4096;
const FIRST = 16;

/** A word of /proc/PID/pagemap: present, in that frame, mapped once (Documentation/admin-guide/mm/pagemap.rst). */
const inFrame = (frame: number): bigint => (1n << 63n) | (1n << 56n) | BigInt(frame);
const KSM = 1n << 21n;

/** A host with processes of four pages of address space: two KSM pages, one private, one absent. */
function host(...pids: readonly number[]): string {
  const root = copiedTree('6.18');
  for (const pid of pids) {
    const dir = `proc/${pid}`;
    put(root, `${dir}/stat`, `${pid} (kvm) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${pid} 0 0\n`);
    put(
      root,
      `${dir}/smaps`,
      `${(FIRST * PAGE).toString(16)}-${((FIRST + 4) * PAGE).toString(16)} rw-p 00000000 00:00 0\n` +
        'Rss: 12 kB\nAnonymous: 12 kB\nVmFlags: rd wr mg\n',
    );
    const words = new BigUint64Array(FIRST + 4);
    words.set([inFrame(5), inFrame(6), inFrame(7), 0n], FIRST);
    writeFileSync(join(root, dir, 'pagemap'), words);
  }
  const flags = new BigUint64Array(16);
  flags.set([KSM, KSM, 0n], 5);
  writeFileSync(join(root, 'proc/kpageflags'), flags);
  return root;
}

describe('the map of a guest', () => {
  it('has each process, and no address', async () => {
    const guest = testGuest({ kind: 'qemu', name: 'web', pids: [7, 9] });
    const { processes, ...rest } = await readGuestMap(guest, { pageSize: PAGE, timeMs: 5, root: host(7, 9) });
    expect(rest).toEqual({ timeMs: 5, key: guest.key, pageSize: PAGE });
    expect(processes.map(({ pid, comm }) => [pid, comm])).toEqual([
      [7, 'kvm'],
      [9, 'kvm'],
    ]);
    const [first] = processes;
    expect(first?.lines).toEqual([{ offsetBytes: 0, cells: 'KKP.' }]);
    expect(Object.fromEntries(first?.total.map(({ kind, pages }) => [kind, pages]) ?? [])).toEqual({
      ...{ ksm: 2, zero: 0, huge: 0, private: 1, shared: 0, hugetlb: 0, swapped: 0, absent: 1 },
    });
    expect(first?.total[0]).toEqual({ kind: 'ksm', meaning: 'KSM page', sign: 'K', pages: 2 });
  });

  it('is of those that live', async () => {
    const guest = testGuest({ kind: 'qemu', name: 'web', pids: [8, 9] });
    const { processes } = await readGuestMap(guest, { pageSize: PAGE, timeMs: 5, root: host(9) });
    expect(processes.map(({ pid }) => pid)).toEqual([9]);
    await expect(readGuestMap(guest, { pageSize: PAGE, timeMs: 5, root: host(7) })).rejects.toMatchObject({
      code: 'PROCESS_ABSENT',
    });
  });
});
