import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../src/agent/estimate/random.js';
import type { ProcessMemory } from '../../../../src/agent/memory-map/process-memory.js';
import { lookAgain, lookAt, type OfferedArea } from '../../../../src/agent/why/content-look.js';
import { FAKE_PAGE_SIZE, fakeFrames, fakeProcess, type FakePage } from '../../../helpers/fake-memory.js';

const KSM = 1 << 21;
const random = (): ReturnType<typeof randomFrom> => randomFrom(Uint32Array.of(1, 2, 3, 4));

function areasOf(memory: ProcessMemory): OfferedArea[] {
  return [...memory.areas()].map((area) => ({ memory, area }));
}

function pages(count: number, content: (index: number) => number): FakePage[] {
  return Array.from({ length: count }, (_, index) => ({ content: content(index) }));
}

describe('two looks', () => {
  it('count pages that changed, zeros, and KSM pages, which cannot change', () => {
    const area: FakePage[] = [
      ...pages(100, (index) => index + 1),
      ...pages(100, () => 0),
      ...Array.from({ length: 100 }, (): FakePage => ({ content: 7, frame: 99 })),
    ];
    const memory = fakeProcess(1, [{ pages: area, offered: true }]);
    const first = lookAt(areasOf(memory), fakeFrames(new Map([[99, KSM]])), random(), FAKE_PAGE_SIZE);
    expect(first).toHaveLength(1024);
    const still = lookAgain(first, FAKE_PAGE_SIZE);
    expect(still).toMatchObject({ drawn: 1024, changed: 0 });
    // A third of 1,024, give or take five standard deviations.
    for (const part of [still.zero, still.merged]) expect(Math.abs(part - 341)).toBeLessThan(76);

    for (let index = 0; index < 50; index += 1) area[index] = { content: 1000 + index };
    for (let index = 200; index < 300; index += 1) area[index] = { content: 8, frame: 99 };
    const { changed } = lookAgain(first, FAKE_PAGE_SIZE);
    expect(changed).toBeGreaterThan(171 - 60);
    expect(changed).toBeLessThan(171 + 60);
  });

  it('leave out what has gone meanwhile', () => {
    const area = pages(50, (index) => index + 1);
    const memory = fakeProcess(1, [{ pages: area, offered: true }], { endsAfterBlocks: 1024 });
    const first = lookAt(areasOf(memory), fakeFrames(), random(), FAKE_PAGE_SIZE);
    expect(lookAgain(first, FAKE_PAGE_SIZE)).toEqual({ drawn: 0, merged: 0, changed: 0, zero: 0 });
  });

  it('draw by how many pages an area has there', () => {
    const memory = fakeProcess(1, [
      { pages: pages(300, () => 0), offered: true },
      { pages: pages(100, () => 5), offered: true },
    ]);
    const { zero } = lookAgain(lookAt(areasOf(memory), fakeFrames(), random(), FAKE_PAGE_SIZE), FAKE_PAGE_SIZE);
    expect(Math.abs(zero - 768)).toBeLessThan(70);
  });

  it('draw nothing of nothing', () => {
    expect(lookAt([], fakeFrames(), random(), FAKE_PAGE_SIZE)).toEqual([]);
  });
});
