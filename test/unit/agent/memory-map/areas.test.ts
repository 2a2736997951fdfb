import { describe, expect, it } from 'vitest';
import { parseAreas, type Area } from '../../../../src/agent/memory-map/areas.js';

/** From Linux 6.18, shortened where lines are of no account. */
const SMAPS = `557f73577000-557f7357a000 r--p 00000000 fe:00 260850                     /usr/bin/a name with (deleted)
Size:                 12 kB
KernelPageSize:        4 kB
Rss:                  12 kB
Pss:                  12 kB
Private_Clean:        12 kB
Anonymous:             0 kB
KSM:                   0 kB
AnonHugePages:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
THPeligible:           0
VmFlags: rd mr mw me
7f1bbe000000-7f1c3e000000 rw-p 00000000 00:00 0
Rss:             2097152 kB
Anonymous:       2097148 kB
AnonHugePages:    104448 kB
Swap:                 40 kB
VmFlags: rd wr mr mw me ac sd mg
7f1c40000000-7f1c40400000 rw-p 00000000 00:0f 1234                       /anon_hugepage (deleted)
Rss:                   0 kB
Shared_Hugetlb:     2048 kB
Private_Hugetlb:    2048 kB
VmFlags: rd wr mr mw me ht
7f1c50000000-7f1c50001000 rw-s 00000000 00:01 99                         /memfd:x
Rss:                   4 kB
VmFlags: rd wr sh mr mw me ms
7ffd2a5fe000-7ffd2a600000 r-xp 00000000 00:00 0                          [vdso]
VmFlags: rd ex mr mw me de
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
VmFlags: ex`;

const parse = (text: string): Area[] => [...parseAreas(text.split('\n'), 4096, '/proc/1/smaps')];

describe('parseAreas', () => {
  it('reads every area, in pages', () => {
    const areas = parse(SMAPS);
    expect(areas).toHaveLength(6);
    expect(areas[1]).toEqual({
      firstPage: 0x7f1bbe000,
      pages: 524_288,
      name: '',
      offered: true,
      obstacle: undefined,
      residentPages: 524_288,
      anonymousPages: 524_287,
      hugePages: 26_112,
      swappedPages: 10,
      hugetlbPages: 0,
    });
  });

  it('knows what KSM never takes', () => {
    expect(parse(SMAPS).map(({ obstacle }) => obstacle)).toEqual([
      undefined,
      undefined,
      'hugetlb',
      'shared',
      'device',
      undefined,
    ]);
  });

  it('keeps names whole, adds up both kinds of hugetlb, and reaches the top of the address space', () => {
    const areas = parse(SMAPS);
    expect(areas[0]?.name).toBe('/usr/bin/a name with (deleted)');
    expect(areas[2]?.hugetlbPages).toBe(1024);
    expect(areas[5]).toMatchObject({ firstPage: 0xffffffffff600, pages: 1, name: '[vsyscall]' });
  });

  it('is not fooled by a name that looks like a line', () => {
    const [area] = parse('1000-2000 rw-p 00000000 00:00 0 Rss: 4 kB\nRss:     8 kB\nVmFlags: rd mg');
    expect(area).toMatchObject({ name: 'Rss: 4 kB', residentPages: 2, offered: true });
  });

  it('refuses flags without an area', () => {
    expect(() => parse('VmFlags: rd')).toThrow(expect.objectContaining({ code: 'KSM_FILE_MALFORMED' }) as Error);
  });

  it('has nothing of a process that has ended', () => {
    expect(parse('')).toEqual([]);
  });
});
