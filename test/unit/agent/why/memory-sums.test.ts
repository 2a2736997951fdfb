import { expect, it } from 'vitest';
import { parseAreas } from '../../../../src/agent/memory-map/areas.js';
import { addArea, NO_MEMORY, type MemorySums } from '../../../../src/agent/why/memory-sums.js';

/** As the kernel prints it, sizes in kB. */
function area(flags: string, sizes: Readonly<Record<string, number>>): string[] {
  const lines = Object.entries(sizes).map(([name, kb]) => `${name}: ${kb} kB`);
  return ['7f0000000000-7f0040000000 rw-p 00000000 00:00 0', ...lines, `VmFlags: ${flags}`];
}

function sumsOf(...areas: readonly string[][]): Partial<MemorySums> {
  let sums = NO_MEMORY;
  for (const one of parseAreas(areas.flat(), 4096, 'smaps')) sums = addArea(sums, one);
  return Object.fromEntries(Object.entries(sums).filter(([, pages]) => pages !== 0));
}

it.each<[string, string[], Partial<MemorySums>]>([
  ['offered', area('rd wr mg', { Rss: 400, Anonymous: 400 }), { resident: 100, offered: 100 }],
  [
    'offered, with huge pages and swap',
    area('rd wr mg hg', { Rss: 400, Anonymous: 400, AnonHugePages: 200, Swap: 40 }),
    { resident: 100, offered: 100, offeredHuge: 50, offeredSwapped: 10 },
  ],
  ['not offered', area('rd wr', { Rss: 400, Anonymous: 400 }), { resident: 100, unoffered: 100 }],
  ['shared', area('rd wr sh', { Rss: 400, Anonymous: 0 }), { resident: 100, shared: 100 }],
  ['hugetlb, private', area('rd wr ht', { Rss: 0, Private_Hugetlb: 2048 }), { resident: 512, hugetlb: 512 }],
  ['hugetlb, shared: once', area('rd wr sh ht', { Rss: 0, Shared_Hugetlb: 2048 }), { resident: 512, hugetlb: 512 }],
  [
    "a file's, a quarter written",
    area('rd wr', { Rss: 400, Anonymous: 100 }),
    { resident: 100, unoffered: 25, file: 75 },
  ],
  ['of a device: nothing of it counts', area('rd wr io pf', { Rss: 400, Anonymous: 400 }), { resident: 100 }],
])('%s', (_, lines, expected) => {
  expect(sumsOf(lines)).toEqual(expected);
});

it('takes the largest area of a file, not the sum of many', () => {
  expect(sumsOf(area('', { Rss: 80 }), area('', { Rss: 400 }), area('', { Rss: 40 })).file).toBe(100);
});

it('adds up over areas', () => {
  expect(sumsOf(area('mg', { Rss: 4, Anonymous: 4 }), area('', { Rss: 8, Anonymous: 8 }))).toEqual({
    resident: 3,
    offered: 1,
    unoffered: 2,
  });
});
