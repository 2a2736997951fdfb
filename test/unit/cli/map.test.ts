import { describe, expect, it } from 'vitest';
import type { MemoryMap } from '../../../src/agent/memory-map/memory-map.js';
import { paintFor } from '../../../src/cli/format-colour.js';
import { mapJson, mapText } from '../../../src/cli/format-map.js';
import { registerMap } from '../../../src/cli/map.js';
import { memoryIo, runCli } from '../../helpers/cli.js';

const pages = { ksm: 256, zero: 64, huge: 0, private: 128, shared: 0, hugetlb: 0, swapped: 0, absent: 64 };

const map: MemoryMap = {
  pid: 4711,
  comm: 'qemu',
  areas: [
    {
      area: {
        firstPage: 0x7f1bbe000,
        pages: 512,
        name: '[anon:\u001b]0;guest\u0007]',
        offered: true,
        obstacle: undefined,
        residentPages: 384,
        anonymousPages: 384,
        hugePages: 0,
        swappedPages: 0,
        hugetlbPages: 0,
      },
      pages,
    },
  ],
  empty: { areas: 3, pages: 900 },
  total: { ...pages, absent: 964 },
  picture: { pagesPerCell: 128, lines: [{ firstPage: 0x7f1bbe000, cells: 'KKzP' }], smallAreas: 2 },
  ended: false,
};

const text = (placed: number | undefined, changes: Partial<MemoryMap> = {}): string =>
  mapText({ ...map, ...changes }, 4096, placed, paintFor(memoryIo()));

describe('text', () => {
  it('has totals, a picture with its legend in words, and the areas', () => {
    const shown = text(60);
    expect(shown).toMatch(/^4711 \(qemu\): 1\.8 MiB present in 1 areas; 3 areas are empty\./);
    expect(shown).toMatch(/^K +KSM page +256 +1\.0 MiB +57\.1 %$/m);
    expect(shown).toMatch(/^Z +kernel's zero page \(60 placed by KSM\) +64 /m);
    expect(shown).toContain('One sign is 512.0 KiB (pages: 128).');
    expect(shown).toMatch(/^ +7f1bbe000000 {2}KKzP$/m);
    expect(shown).toContain('2 areas shorter than one sign');
    expect(shown).toMatch(/^7f1bbe000000 +2\.0 MiB +yes +1\.0 MiB +256\.0 KiB +512\.0 KiB +\[anon:\?\]0;guest\?\]$/m);
  });

  it('does not guess who placed zeros, and says when it is a part only', () => {
    expect(text(undefined)).toContain('who placed them is not known');
    expect(text(0, { ended: true })).toContain('ended while it was read');
  });
});

it('has every key in JSON, unknown as null', () => {
  expect(JSON.parse(JSON.stringify(mapJson(map, 4096, undefined)))).toMatchObject({
    pid: 4711,
    page_size: 4096,
    pages: { ksm: 256, absent: 964 },
    zero_placed_pages: null,
    areas: [{ address: '7f1bbe000000', pages_total: 512, offered: true, obstacle: null, pages: { private: 128 } }],
    empty_areas: { areas: 3, pages: 900 },
    picture: { pages_per_cell: 128, small_areas: 2, lines: [{ address: '7f1bbe000000', cells: 'KKzP' }] },
  });
});

describe('the command', () => {
  it.each([[['map']], [['map', '0']], [['map', '1', '2']], [['map', '1', '--max-cpu', '0']]])(
    'takes %j for wrong usage',
    async (args) => {
      expect((await runCli(registerMap, args)).code).toBe(2);
    },
  );

  it('says that there is no such guest, or that it needs root', async () => {
    const { code, out, err } = await runCli(registerMap, ['map', 'no-such-guest']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(process.geteuid?.() === 0 ? /GUEST_ABSENT/ : /NOT_ROOT/);
  });

  it('says that there is no such process, or that it needs root', async () => {
    const { code, out, err } = await runCli(registerMap, ['map', '4194304']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(process.geteuid?.() === 0 ? /PROCESS_ABSENT/ : /NOT_ROOT/);
  });
});
