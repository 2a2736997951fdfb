import { expect, it } from 'vitest';
import { isCandidate, privateRuns } from '../../../../src/agent/estimate/private-pages.js';
import { fakeProcess } from '../../../helpers/fake-memory.js';

/** High halves of pagemap words: a private page, one of a file, one swapped out, none. */
const [PRIVATE, FILE, SWAPPED, NONE] = [0x8000_0000, 0xa000_0000, 0x4000_0000, 0];

function runsOf(high: readonly number[]): (readonly [first: number, pages: number] | 'pause')[] {
  const memory = fakeProcess(1, [{ pages: high.map((_, content) => ({ content })) }]);
  const [area] = memory.areas();
  if (area === undefined) throw new Error('no area');
  const first = area.firstPage;
  const marked = {
    ...memory,
    pagemap: (page: number, words: Uint32Array): number => {
      for (let index = 0; index < words.length / 2; index += 1) words[index * 2 + 1] = high[page - first + index] ?? 0;
      return words.length / 2;
    },
  };
  return Array.from(privateRuns(marked, area), (run) =>
    run === undefined ? 'pause' : ([run.firstPage - first, run.pages] as const),
  );
}

it('finds runs of private pages', () => {
  expect(runsOf([PRIVATE, PRIVATE, FILE, PRIVATE, NONE, SWAPPED, PRIVATE])).toEqual([[0, 2], [3, 1], [6, 1], 'pause']);
  expect(runsOf([NONE, FILE])).toEqual(['pause']);
});

it('pauses between pieces of 8,192 pages, and loses none at their borders', () => {
  expect(runsOf(Array<number>(8200).fill(PRIVATE))).toEqual([[0, 8192], 'pause', [8192, 8], 'pause']);
});

it('takes no area that KSM could not take', () => {
  const [plain, shared] = [
    ...fakeProcess(1, [{ pages: [{ content: 1 }] }, { pages: [{ content: 1 }], obstacle: 'shared' }]).areas(),
  ];
  if (plain === undefined || shared === undefined) throw new Error('no areas');
  expect([plain, shared, { ...plain, anonymousPages: 0 }].map((area) => isCandidate(area))).toEqual([
    true,
    false,
    false,
  ]);
});
