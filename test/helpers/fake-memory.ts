/** Processes with contents of the test's choosing, for what reads memory. */

import type { Area } from '../../src/agent/memory-map/areas.js';
import type { Frames } from '../../src/agent/memory-map/frames.js';
import type { ProcessMemory } from '../../src/agent/memory-map/process-memory.js';

/** Small, so that a test can have many. */
export const FAKE_PAGE_SIZE = 256;

export interface FakePage {
  /** Equal numbers, equal contents; 0 is a page of zeros. */
  readonly content: number;
  /** Pages with equal numbers here agree in all words but the last two. */
  readonly alike?: number;
  /** Frame number where the frame is mapped elsewhere too; without: mapped here alone. */
  readonly frame?: number;
}

export interface FakeArea {
  readonly pages: readonly FakePage[];
  readonly offered?: boolean;
  readonly obstacle?: Area['obstacle'];
}

/** Flags of frames, and how to make processes from pages. */
export function fakeProcess(
  pid: number,
  areas: readonly FakeArea[],
  fate: { readonly endsAfterBlocks?: number } = {},
): ProcessMemory {
  const listed = areas.map((area, index) => ({ first: 0x1000 * (index + 1) * 0x1000, ...area }));
  let blocks = 0;
  const gone = (): boolean => blocks > (fate.endsAfterBlocks ?? Infinity);
  const pageAt = (page: number): FakePage | undefined => {
    const area = listed.find(({ first, pages }) => page >= first && page < first + pages.length);
    return area?.pages[page - area.first];
  };
  return {
    pid,
    comm: `fake-${pid}`,
    areas: () =>
      listed.map(({ first, pages, offered = false, obstacle }) => ({
        firstPage: first,
        pages: pages.length,
        name: '',
        offered,
        obstacle,
        residentPages: pages.length,
        anonymousPages: pages.length,
        hugePages: 0,
        swappedPages: 0,
        hugetlbPages: 0,
      })),
    pagemap: (firstPage, words) => {
      if (gone()) return 0;
      for (let index = 0; index < words.length / 2; index += 1) {
        const page = pageAt(firstPage + index);
        words[index * 2] = page?.frame ?? 0;
        words[index * 2 + 1] = page === undefined ? 0 : page.frame === undefined ? 0x8100_0000 : 0x8000_0000;
      }
      return words.length / 2;
    },
    content: (firstPage, into) => {
      blocks += 1;
      if (gone()) return 0;
      const words = new Uint32Array(into.buffer, into.byteOffset, into.byteLength / 4);
      const perPage = FAKE_PAGE_SIZE / 4;
      for (let index = 0; index < words.length / perPage; index += 1) {
        fill(words.subarray(index * perPage, (index + 1) * perPage), pageAt(firstPage + index) ?? { content: 0 });
      }
      return into.byteLength;
    },
    ended: gone,
    close: () => undefined,
  };
}

/** @param flags by frame number; 0 for others */
export function fakeFrames(flags: ReadonlyMap<number, number> = new Map()): Frames {
  return {
    flags: (frames) => Uint32Array.from(frames, (frame) => flags.get(frame) ?? 0),
    close: () => undefined,
  };
}

function fill(words: Uint32Array, { content, alike }: FakePage): void {
  if (content === 0) words.fill(0);
  else {
    let state = (alike ?? content) * 0x9e3779b1;
    for (let index = 0; index < words.length; index += 1) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
      words[index] = state;
    }
    if (alike !== undefined) words[words.length - 1] = content;
    if (alike !== undefined) words[words.length - 2] = ~content;
  }
}
