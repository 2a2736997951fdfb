import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KsmWriter } from '../../src/agent/kernel/ksm-writer.js';
import { unmergeAll, planUnmerge, checkUnmerge } from '../../src/agent/unmerge/unmerge.js';
import { startWriter, type WriterProcess } from '../../src/agent/unmerge/writer-process.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { mergeAlike } from '../helpers/merge-alike.js';

useKernel();

const PAGES = 20_011;
const pageSize = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));
const knobs = new KsmWriter();

it('gives every merged page back, tells how far it is, and leaves run as it was', async () => {
  await using a = await Guest.start('unmerge-a');
  await using b = await Guest.start('unmerge-b');
  await mergeAlike([a, b], PAGES);

  for (const [before, runAfter] of [
    [0, 0],
    [1, 1],
  ] as const) {
    writeKnobs({ pages_to_scan: 5000, sleep_millisecs: 10, run: 1 });
    await until('all is merged', () => readKsm('pages_sharing') === PAGES);
    writeKnobs({ run: before, sleep_millisecs: 60_000 });
    const plan = planUnmerge(pageSize);
    expect([plan.run, plan.pages]).toEqual([before, PAGES]);
    expect(() => checkUnmerge(plan)).not.toThrow();
    const seen: number[] = [];
    const result = await unmergeAll({
      plan,
      runAfter,
      start: startWriter,
      knobs,
      onProgress: (left) => seen.push(left),
    });
    process.stderr.write(`unmerged ${plan.pages} pages, process and all in ${Math.round(result.elapsedMs)} ms\n`);
    expect(readKsm('run')).toBe(runAfter);
    expect(result.leftPages).toBe(0);
    expect(seen[0]).toBe(plan.pages);
    expect(readKsm('pages_sharing')).toBe(0);
    expect([a.mergingPages(), b.mergingPages()]).toEqual([0, 0]);
    writeKnobs({ run: 0 });
  }
});

it('is stopped half-way by a signal, and run is right', async () => {
  await using a = await Guest.start('unmerge-stop-a');
  await using b = await Guest.start('unmerge-stop-b');
  await mergeAlike([a, b], PAGES);
  const plan = planUnmerge(pageSize);
  const interrupt = new AbortController();
  interrupt.abort();
  // Killed while it starts, or in the kernel: in either case not done.
  await expect(
    unmergeAll({ plan, runAfter: 0, start: startWriter, knobs, signal: interrupt.signal }),
  ).rejects.toMatchObject({ code: 'UNMERGE_STOPPED', message: expect.stringContaining('interrupted') as string });
  expect(readKsm('run')).toBe(0);
  expect(readKsm('pages_sharing')).toBeGreaterThan(0);
});

it('writes from a process of its own, which is gone afterwards', async () => {
  await using a = await Guest.start('unmerge-oom-a');
  await using b = await Guest.start('unmerge-oom-b');
  await mergeAlike([a, b], 257);
  const pids: string[] = [];
  await unmergeAll({
    plan: planUnmerge(pageSize),
    runAfter: 0,
    knobs,
    start: (runAfter) => {
      const writer: WriterProcess = startWriter(runAfter);
      pids.push(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'unmerge/writer.js'], { encoding: 'utf8' }));
      return writer;
    },
  });
  expect(pids.length).toBe(1);
  expect(pids[0]?.trim()).toMatch(/^\d+$/);
  expect(existsSync(`/proc/${pids[0]?.trim() ?? ''}`)).toBe(false);
  expect(readKsm('pages_sharing')).toBe(0);
});
