import { describe, expect, it } from 'vitest';
import { estimate } from '../../../../src/agent/estimate/estimate.js';
import { savedOf } from '../../../../src/agent/estimate/merge-rules.js';
import { fraction, randomFrom } from '../../../../src/agent/estimate/random.js';
import { FAKE_PAGE_SIZE, fakeFrames, fakeProcess, type FakePage } from '../../../helpers/fake-memory.js';

const RULES = { maxPageSharing: 256, useZeroPages: false };
const SEEDS = 20;

/** One page in twenty: much is too rare to be found beforehand, as on a large host. */
const PILOT = { min: 1000, max: 1000 };

let nextContent = 1;
const fresh = (): number => nextContent++;
const repeat = (count: number, make: () => FakePage[]): FakePage[] => Array.from({ length: count }, make).flat();

const unique = (pages: number): FakePage[] => repeat(pages, () => [{ content: fresh() }]);
const zeros = (pages: number): FakePage[] => repeat(pages, () => [{ content: 0 }]);
const groups = (count: number, copies: number): FakePage[] =>
  repeat(count, () => Array<FakePage>(copies).fill({ content: fresh() }));
const alike = (count: number, size: number, copies: number): FakePage[] =>
  repeat(count, () => {
    const as = fresh();
    return repeat(size, () => Array<FakePage>(copies).fill({ content: fresh(), alike: as }));
  });

/** Group sizes with a heavy tail: few contents have most of the pages. */
function heavyTailed(pages: number, exponent: number): FakePage[] {
  const random = randomFrom(Uint32Array.of(9, 8, 7, 6));
  const made: FakePage[] = [];
  while (made.length < pages) {
    const copies = Math.min(pages / 4, Math.floor((1 - fraction(random)) ** (-1 / exponent)));
    made.push(...groups(1, Math.max(1, copies)));
  }
  return made;
}

const MEMORIES: Readonly<Record<string, readonly FakePage[]>> = {
  'nothing twice': unique(20_000),
  'many pairs': [...unique(10_000), ...groups(5000, 2)],
  'groups of thirty': [...unique(10_000), ...groups(350, 30)],
  'a heavy tail': heavyTailed(20_000, 1.1),
  'a very heavy tail': heavyTailed(20_000, 0.7),
  'pages that share words': [
    ...unique(5000),
    ...zeros(2000),
    ...groups(3, 500),
    ...alike(40, 25, 2),
    ...alike(200, 3, 2),
    ...alike(3, 350, 3),
  ],
  // Most of them unknown to the pilot: chance takes or leaves fifteen contents at once.
  'small families of pages that share words': [...unique(5000), ...alike(500, 15, 2)],
};

function truthOf(processes: readonly (readonly FakePage[])[]): { all: number; within: number; across: number } {
  const count = (pages: readonly FakePage[]): number => {
    const copies = new Map<number, number>();
    for (const { content } of pages) copies.set(content, (copies.get(content) ?? 0) + 1);
    return [...copies.values()].reduce((sum, n) => sum + savedOf(n, RULES, false), 0);
  };
  const all = count(processes.flat());
  const within = processes.reduce((sum, pages) => sum + count(pages), 0);
  return { all, within, across: all - within };
}

describe.each(Object.entries(MEMORIES))('%s', (_name, pages) => {
  const random = randomFrom(Uint32Array.of(1, 1, 2, 3));
  const processes: FakePage[][] = [[], [], []];
  for (const page of pages) processes[random() % 3]?.push(page);
  const truth = truthOf(processes);
  const memories = processes.map((own, index) => fakeProcess(index + 1, [{ pages: own }]));

  it.each([0.01, 0.1])(
    'rate %f: the truth is inside the 95 % interval as often as that',
    async (rate) => {
      let [held, asked] = [0, 0];
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { totals } = await estimate({
          pids: [1, 2, 3],
          open: (pid) => memories[pid - 1] ?? expect.fail('no such process'),
          frames: fakeFrames(),
          placedZeroPages: () => 0,
          rules: RULES,
          pageSize: FAKE_PAGE_SIZE,
          rate,
          pilotSize: PILOT,
          random: randomFrom(Uint32Array.of(seed, 77, 3, 9)),
          breathe: () => undefined,
        });
        for (const figure of ['all', 'within', 'across'] as const) {
          asked += 1;
          const { low, high } = totals[figure];
          if (low <= truth[figure] && truth[figure] <= high) held += 1;
        }
      }
      expect(held / asked).toBeGreaterThanOrEqual(0.95);
    },
    60_000,
  );
});
