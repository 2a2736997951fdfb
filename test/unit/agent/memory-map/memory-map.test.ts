import { expect, it } from 'vitest';
import { readMemoryMap } from '../../../../src/agent/memory-map/memory-map.js';
import { fakeFrames, fakeProcess } from '../../../helpers/fake-memory.js';

const flags = new Map([
  [10, 1 << 21], // KSM
  [30, 1 << 24], // zero page
]);

it('counts by area and in all, and lists empty areas as one', async () => {
  const memory = fakeProcess(7, [
    { pages: [{ content: 1, frame: 10 }, { content: 0, frame: 30 }, { content: 2 }], offered: true },
    { pages: [{ content: 3 }, { content: 4, frame: 10 }] },
    { pages: [] },
  ]);
  const { pid, comm, areas, total, empty, picture, ended } = await readMemoryMap(memory, fakeFrames(flags));
  expect([pid, comm, ended]).toEqual([7, 'fake-7', false]);
  expect(total).toEqual({ ksm: 2, zero: 1, huge: 0, private: 2, shared: 0, hugetlb: 0, swapped: 0, absent: 0 });
  expect(areas.map(({ area, pages }) => [area.offered, pages.ksm, pages.private])).toEqual([
    [true, 1, 1],
    [false, 1, 1],
  ]);
  expect(empty).toEqual({ areas: 1, pages: 0 });
  expect(picture.lines.map(({ cells }) => cells)).toEqual(['KZP', 'PK']);
});

it('takes what a process no longer tells for absent, and says that it ended', async () => {
  const memory = { ...fakeProcess(7, [{ pages: [{ content: 1 }] }]), pagemap: () => 0, ended: () => true };
  const { total, ended } = await readMemoryMap(memory, fakeFrames());
  expect([total.absent, ended]).toEqual([1, true]);
});
