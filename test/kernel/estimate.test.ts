import { beforeEach, describe, expect, it } from 'vitest';
import { estimate, type EstimateResult } from '../../src/agent/estimate/estimate.js';
import { readMemoryHost, readPlacedZeroPages } from '../../src/agent/estimate/host-memory.js';
import { randomFrom } from '../../src/agent/estimate/random.js';
import { openFrames } from '../../src/agent/memory-map/frames.js';
import { openProcessMemory } from '../../src/agent/memory-map/process-memory.js';
import { Contents, contentsObstacle } from '../helpers/contents.js';

const obstacle = contentsObstacle();

beforeEach(({ skip }) => {
  if (obstacle === undefined) return;
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  skip(obstacle);
});

/** Switches as mainline has them, so that the arithmetic below does not depend on this host. */
const RULES = { maxPageSharing: 256, useZeroPages: false };

/** Stack, heap and library data of a small C program, at most; what they hold is not known. */
const OWN_PAGES = 64;

async function run(pids: readonly number[], options: { rate: number; seed?: number }): Promise<EstimateResult> {
  const { pageSize } = readMemoryHost();
  const frames = openFrames();
  try {
    return await estimate({
      pids,
      open: (pid) => openProcessMemory(pid, { pageSize }),
      frames,
      placedZeroPages: readPlacedZeroPages,
      rules: RULES,
      pageSize,
      rate: options.rate,
      random: randomFrom(Uint32Array.of(options.seed ?? 1, 2, 3, 4)),
      breathe: () => undefined,
    });
  } finally {
    frames.close();
  }
}

const saved = (copies: number): number => copies - Math.ceil(copies / RULES.maxPageSharing);

describe('two processes with contents of many kinds, none of it offered to KSM', () => {
  const GROUPS = [
    [1009, 2],
    [503, 3],
    [211, 7],
    [53, 31],
    [11, 127],
    [3, 1021],
    [1, 4099],
  ] as const;
  const parts = (seed: number): string[] => [
    'unique:20011',
    'zero:2003',
    ...GROUPS.map(([groups, copies]) => `group:${groups}:${copies}:${copies}`), // the same in both processes
    `group:701:5:${seed}`, // each process its own
    'alike:307:11:1:3', // differ in one word of 512
    'alike:3:499:2:4',
    'untouched:977',
  ];
  /** Saved by merging `processes` of them. */
  const truth = (processes: number): number =>
    saved(2003 * processes) +
    GROUPS.reduce((sum, [groups, copies]) => sum + groups * saved(copies * processes), 0) +
    processes * 701 * saved(5) +
    307 * 11 * saved(processes) +
    3 * 499 * saved(2 * processes);

  it('has the truth inside its interval at 5 % and at 1 %, for at least 18 of 20 seeds', async () => {
    await using one = await Contents.start(...parts(100));
    await using two = await Contents.start(...parts(200));
    const pids = [one.pid, two.pid];
    for (const rate of [0.05, 0.01]) {
      const hits = { all: 0, within: 0, across: 0, first: 0 };
      const held = (estimated: { low: number; high: number }, true_: number): number =>
        estimated.low <= true_ + 2 * OWN_PAGES && true_ <= estimated.high ? 1 : 0;
      for (let seed = 1; seed <= 20; seed += 1) {
        const { totals, processes } = await run(pids, { rate, seed });
        hits.all += held(totals.all, truth(2));
        hits.within += held(totals.within, 2 * truth(1));
        hits.across += held(totals.across, truth(2) - 2 * truth(1));
        const first = processes.find(({ pid }) => pid === one.pid);
        if (first !== undefined) hits.first += held(first.within, truth(1));
        expect(totals.already.value).toBe(0);
        expect(totals.all.high - totals.all.low).toBeLessThan(one.pages); // a useful interval, not 0 to everything
      }
      process.stderr.write(`rate ${rate}: ${JSON.stringify(hits)} of 20\n`);
      expect(Math.min(...Object.values(hits))).toBeGreaterThanOrEqual(18);
    }
  });

  it('is exact when every page is looked at', async () => {
    await using one = await Contents.start(...parts(100));
    await using two = await Contents.start(...parts(200));
    const { totals, processes, sampling } = await run([one.pid, two.pid], { rate: 1 });
    expect(sampling.rate).toBe(1);
    for (const { value, low, high } of Object.values(totals)) expect([low, high]).toEqual([value, value]);
    expect(totals.all.value).toBeGreaterThanOrEqual(truth(2));
    expect(totals.all.value).toBeLessThanOrEqual(truth(2) + 2 * OWN_PAGES);
    for (const { candidatePages, zeroPages, offeredPages } of processes) {
      expect(candidatePages).toBeGreaterThanOrEqual(one.pages - 977);
      expect(candidatePages).toBeLessThanOrEqual(one.pages - 977 + OWN_PAGES);
      expect(zeroPages).toBeGreaterThanOrEqual(2003);
      expect(zeroPages).toBeLessThanOrEqual(2003 + OWN_PAGES);
      expect(offeredPages).toBe(0);
    }
  });
});

it('sees through huge pages, and says how many there are', async ({ skip }) => {
  await using one = await Contents.start('huge', 'group:1:4096:1', 'unique:4096');
  const { totals, processes } = await run([one.pid], { rate: 1 });
  if (processes[0]?.hugePages === 0) skip('no transparent huge pages are to be had here');
  expect(processes[0]?.hugePages).toBe(8192);
  expect(totals.all.value).toBeGreaterThanOrEqual(saved(4096));
  expect(totals.all.value).toBeLessThanOrEqual(saved(4096) + OWN_PAGES);
});

it('does not take the pages that a fork shares for copies', async () => {
  await using parent = await Contents.start('fork', 'unique:3001', 'group:1:101:1');
  const child = await childOf(parent.pid);
  const { totals, processes } = await run([parent.pid, child], { rate: 1 });
  expect(processes.map(({ pid }) => pid)).toEqual([parent.pid, child]);
  expect(totals.all.value).toBeGreaterThanOrEqual(saved(101));
  expect(totals.all.value).toBeLessThanOrEqual(saved(101) + 2 * OWN_PAGES);
});

it('says which processes ended, and goes on with the others', async () => {
  const gone = await Contents.start('unique:11');
  await gone[Symbol.asyncDispose]();
  await using there = await Contents.start('zero:103');
  const { refusals, processes, totals } = await run([gone.pid, there.pid], { rate: 1 });
  expect(refusals).toMatchObject([{ pid: gone.pid, state: 'gone' }]);
  expect(processes).toMatchObject([{ pid: there.pid }]);
  expect(totals.all.value).toBeGreaterThanOrEqual(saved(103));
});

it('finds nothing in a kernel thread', async () => {
  const { processes, refusals, without } = await run([2], { rate: 1 });
  expect([processes, refusals, without]).toEqual([[], [], [2]]);
});

async function childOf(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0]);
}
