import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import { estimate, type EstimateRequest, type EstimateResult } from '../../../../src/agent/estimate/estimate.js';
import { savedOf } from '../../../../src/agent/estimate/merge-rules.js';
import { randomFrom } from '../../../../src/agent/estimate/random.js';
import type { ProcessMemory } from '../../../../src/agent/memory-map/process-memory.js';
import { FAKE_PAGE_SIZE, fakeFrames, fakeProcess, type FakePage } from '../../../helpers/fake-memory.js';

const RULES = { maxPageSharing: 5, useZeroPages: false };
const KSM = 1 << 21;
const ZERO_PAGE = 1 << 24;

function run(memories: readonly ProcessMemory[], changes: Partial<EstimateRequest> = {}): Promise<EstimateResult> {
  return estimate({
    pids: memories.map(({ pid }) => pid),
    open: (pid) => memories.find((memory) => memory.pid === pid) ?? expect.fail(`opened ${pid}`),
    frames: fakeFrames(),
    placedZeroPages: () => 0,
    rules: RULES,
    pageSize: FAKE_PAGE_SIZE,
    rate: 1,
    random: randomFrom(Uint32Array.of(1, 2, 3, 4)),
    breathe: () => undefined,
    ...changes,
  });
}

const pages = (...contents: readonly number[]): FakePage[] => contents.map((content) => ({ content }));
const point = (value: number): object => ({ value, low: value, high: value });

function savedIn(contents: readonly number[]): number {
  const copies = new Map<number, number>();
  for (const content of contents) copies.set(content, (copies.get(content) ?? 0) + 1);
  return [...copies.values()].reduce((sum, n) => sum + savedOf(n, RULES, false), 0);
}

describe('with every page looked at', () => {
  it('is what counting copies gives', async () => {
    const contents = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(contents, contents, async (first, second) => {
        const { totals, processes } = await run([
          fakeProcess(1, [{ pages: pages(...first), offered: true }]),
          fakeProcess(2, [{ pages: pages(...second) }]),
        ]);
        const all = savedIn([...first, ...second]);
        const within = savedIn(first) + savedIn(second);
        expect(totals).toEqual({
          all: point(all),
          offered: point(savedIn(first)),
          already: point(0),
          within: point(within),
          across: point(all - within),
        });
        expect(processes.map((one) => one.within)).toEqual([point(savedIn(first)), point(savedIn(second))]);
        expect(processes.map((one) => one.zeroPages)).toEqual(
          [first, second].map((own) => own.filter((content) => content === 0).length),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out what KSM cannot take, and says how much that is', async () => {
    const shared = { pages: pages(1, 1, 1), obstacle: 'shared' as const };
    const { totals, processes } = await run([fakeProcess(1, [shared, { pages: pages(2, 2), offered: true }])]);
    expect(totals.all).toEqual(point(1));
    expect(processes[0]).toMatchObject({ candidatePages: 2, offeredPages: 2, unfitPages: 3 });
  });

  it('takes KSM pages for saved already, forked pages for one, and the zero page for nothing', async () => {
    const flags = new Map([
      [10, KSM],
      [11, KSM],
      [20, 0],
      [30, ZERO_PAGE],
    ]);
    const memory = [
      { content: 7, frame: 10 },
      { content: 7, frame: 10 },
      { content: 7, frame: 11 },
      { content: 7 },
      { content: 8, frame: 20 },
      { content: 0, frame: 30 },
      { content: 0, frame: 30 },
      { content: 0 },
    ];
    const child = [{ content: 8, frame: 20 }, { content: 9 }];
    const { totals, processes } = await run(
      [fakeProcess(1, [{ pages: memory, offered: true }]), fakeProcess(2, [{ pages: child, offered: true }])],
      { frames: fakeFrames(flags), placedZeroPages: (pid) => (pid === 1 ? 2 : undefined) },
    );
    // Four copies of 7 could be one page; two KSM pages and a private one hold them now. Two zero pages are KSM's.
    expect(totals.all).toEqual(point(3 + 2));
    expect(totals.already).toEqual(point(1 + 2));
    expect(totals.across).toEqual(point(0));
    expect(processes).toMatchObject([
      { candidatePages: 6, zeroPages: 1, zeroPage: 2, placedZeroPages: 2 },
      { candidatePages: 2, zeroPage: 0, placedZeroPages: undefined },
    ]);
  });
});

describe('processes that do not last', () => {
  it('counts nothing of one that ends while it is read, and goes on', async () => {
    const lasting = fakeProcess(1, [{ pages: pages(1, 1, 2) }]);
    const dying = fakeProcess(2, [{ pages: pages(1, 1) }, { pages: pages(3) }], { endsAfterBlocks: 1 });
    const last = fakeProcess(3, [{ pages: pages(2) }]);
    const { totals, refusals, processes } = await run([lasting, dying, last]);
    expect(refusals).toMatchObject([{ pid: 2, comm: 'fake-2', state: 'gone', error: { code: 'PROCESS_ABSENT' } }]);
    expect(processes.map(({ pid }) => pid)).toEqual([1, 3]);
    expect(totals.all).toEqual(point(2));
  });

  it('tells those that may not be read from those that are gone, and from those without memory', async () => {
    const open = (pid: number): ProcessMemory => {
      if (pid === 1) throw new KsmpilotError('PROCESS_ABSENT', 'there is no process 1');
      if (pid === 2) throw new KsmpilotError('MEMORY_UNREADABLE', '/proc/2/mem cannot be read: EACCES');
      return fakeProcess(pid, pid === 3 ? [] : [{ pages: pages(1) }]);
    };
    const { refusals, without, processes } = await run([], { pids: [1, 2, 3, 4], open });
    expect(refusals.map(({ pid, state }) => [pid, state])).toEqual([
      [1, 'gone'],
      [2, 'refused'],
    ]);
    expect(without).toEqual([3]);
    expect(processes.map(({ pid }) => pid)).toEqual([4]);
  });

  it('does not hide a defect behind a process', async () => {
    const open = (): ProcessMemory => {
      throw new TypeError('a defect');
    };
    await expect(run([], { pids: [1], open })).rejects.toThrow('a defect');
  });

  it('counts pages that went away before they could be read, and reads those behind them', async () => {
    const whole = fakeProcess(1, [{ pages: pages(1, 1, 2, 2, 3) }]);
    const first = 0x1000 * 0x1000;
    const memory: ProcessMemory = {
      ...whole,
      content: (page, into) =>
        page <= first + 2 ? whole.content(page, into.subarray(0, (first + 2 - page) * 256)) : whole.content(page, into),
    };
    const { processes, totals } = await run([memory]);
    expect(processes[0]).toMatchObject({ candidatePages: 4, lostPages: 1 });
    expect(totals.all).toEqual(point(1));
  });
});

describe('bounds', () => {
  it('lowers the rate rather than keep more contents than allowed, and says so', async () => {
    const contents = Array.from({ length: 4000 }, (_, index) => 1 + (index >> 1));
    const { sampling, totals } = await run([fakeProcess(1, [{ pages: pages(...contents) }])], {
      mostContents: 300,
      pilotSize: { min: 20, max: 20 },
    });
    expect(sampling.begunRate).toBe(1);
    expect(sampling.rate).toBe(0.125);
    expect(sampling.contents).toBeLessThanOrEqual(301);
    expect(totals.all.low).toBeLessThanOrEqual(2000);
    expect(totals.all.high).toBeGreaterThanOrEqual(2000);
  });

  it('counts a common content also where all were asked for and the rate had to be lowered', async () => {
    const contents = Array.from({ length: 4000 }, (_, index) => (index % 4 === 0 ? 1 : index + 2));
    for (let seed = 1; seed <= 20; seed += 1) {
      const { sampling, totals } = await run([fakeProcess(1, [{ pages: pages(...contents) }])], {
        mostContents: 300,
        pilotSize: { min: 200, max: 200 },
        random: randomFrom(Uint32Array.of(seed, 2, 3, 4)),
      });
      expect(sampling.rate).toBeLessThan(1);
      expect(sampling.pilotPages).toBeGreaterThan(100);
      expect(totals.all).toMatchObject({ value: 800, low: 800 });
    }
  });

  it('looks at everything by default where that fits', async () => {
    const { sampling } = await run([fakeProcess(1, [{ pages: pages(1, 2, 3) }])], { rate: undefined });
    expect(sampling).toMatchObject({ rate: 1, begunRate: 1, pilotPages: 0, readPages: 3 });
  });

  it('never saves more than there is, nor less than was counted', async () => {
    const { totals } = await run([fakeProcess(1, [{ pages: pages(...Array<number>(50).fill(4)), offered: true }])], {
      rate: 0.001,
      pilotSize: { min: 25, max: 25 },
    });
    expect(totals.all).toMatchObject({ value: 40, low: 40 });
    expect(totals.all.high).toBeLessThanOrEqual(50);
  });

  it('reports progress up to the end', async () => {
    const seen: [number, number][] = [];
    await run([fakeProcess(1, [{ pages: pages(1, 2, 3) }])], { onProgress: (done, of) => seen.push([done, of]) });
    expect(seen.at(-1)).toEqual([3, 3]);
  });
});
