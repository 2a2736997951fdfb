import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ProcessScanner } from '../../../../src/agent/kernel/process-scanner.js';
import { copiedTree, fixtureTree, put, withoutRoot } from '../../../helpers/kernel-tree.js';

const NO_KSM =
  'ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages 0\nksm_process_profit 0\nksm_merge_any: no\nksm_mergeable: no\n';
const MERGEABLE = NO_KSM.replace('ksm_mergeable: no', 'ksm_mergeable: yes');

/** A process of the tree, cloned from one of the captured guests. */
function addProcess(root: string, pid: number, ksmStat: string): void {
  const dir = join(root, 'proc', String(pid));
  cpSync(join(root, 'proc/22705'), dir, { recursive: true });
  put(dir, 'ksm_stat', ksmStat);
}

function pidsOf(scan: ReturnType<ProcessScanner['scan']>): number[] {
  return scan.processes.map(({ pid }) => pid);
}

test('6.18: the two guests with all their fields, nothing of the rest', () => {
  const { processes, report } = new ProcessScanner({ root: fixtureTree('6.18') }).scan(0);
  expect(report.state).toBe('ok');
  expect(processes).toEqual([
    {
      pid: 22705,
      startTicks: 224829,
      comm: 'python3',
      rssAnonPages: 6727,
      ksm_rmap_items: 5000,
      ksm_zero_pages: 0,
      ksm_merging_pages: 4000,
      ksm_process_profit: 16064000,
      ksm_merge_any: false,
      ksm_mergeable: true,
    },
    {
      pid: 22706,
      startTicks: 224829,
      comm: 'python3',
      rssAnonPages: 5727,
      ksm_rmap_items: 4000,
      ksm_zero_pages: 0,
      ksm_merging_pages: 4000,
      ksm_process_profit: 16128000,
      ksm_merge_any: false,
      ksm_mergeable: true,
    },
  ]);
});

test('6.1: merging pages come from their own file, the rest is absent', () => {
  const [process] = new ProcessScanner({ root: fixtureTree('6.1') }).scan(0).processes;
  expect(process).toEqual({
    pid: 22705,
    startTicks: 224829,
    comm: 'python3',
    rssAnonPages: 6727,
    ksm_rmap_items: 5000,
    ksm_merging_pages: 4000,
  });
});

test('6.0 has no ksm_stat, only ksm_merging_pages', () => {
  const root = copiedTree('6.1');
  for (const pid of ['self', '1', '2', '37', '22705', '22706']) rmSync(join(root, 'proc', pid, 'ksm_stat'));
  const { processes, report } = new ProcessScanner({ root }).scan(0);
  expect(report.state).toBe('ok');
  expect(processes.map(({ ksm_merging_pages }) => ksm_merging_pages)).toEqual([4000, 4000]);
  expect(processes[0]).not.toHaveProperty('ksm_rmap_items');
});

test('5.10 has neither: unavailable, and said why; processes asked for are still named', () => {
  const { processes, report } = new ProcessScanner({ root: fixtureTree('5.10') }).scan(0, new Set([22705]));
  expect(report).toMatchObject({
    name: 'processes',
    state: 'unavailable',
    detail: expect.stringContaining('5.19') as string,
  });
  expect(processes).toEqual([{ pid: 22705, startTicks: 224829, comm: 'python3', rssAnonPages: 6727 }]);
});

test('extra pids are listed whatever their files say; those that have gone are not', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  expect(pidsOf(scanner.scan(0, new Set([1, 99999])))).toEqual([1, 22705, 22706]);
  expect(pidsOf(scanner.scan(1000))).toEqual([22705, 22706]);
});

test('a kernel thread asked for has a name and no memory', () => {
  const { processes } = new ProcessScanner({ root: fixtureTree('6.18') }).scan(0, new Set([37]));
  expect(processes[0]).toEqual({ pid: 37, startTicks: 27, comm: 'ksmd' });
});

test('a new process with mergeable memory is seen within 3 s, at once when asked for', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  addProcess(root, 30000, MERGEABLE);
  addProcess(root, 30001, MERGEABLE);
  expect(pidsOf(scanner.scan(1000, new Set([30001])))).toEqual([22705, 22706, 30001]);
  expect(pidsOf(scanner.scan(2000))).toEqual([22705, 22706, 30001]);
  expect(pidsOf(scanner.scan(3000))).toEqual([22705, 22706, 30000, 30001]);
});

test('a known process is read anew each time', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  put(root, 'proc/22705/ksm_stat', MERGEABLE.replace('ksm_merging_pages 0', 'ksm_merging_pages 77'));
  expect(scanner.scan(1000).processes[0]?.ksm_merging_pages).toBe(77);
});

test('the memory of many processes is read every four seconds, spread; what KSM does with it each time', () => {
  const root = copiedTree('6.18');
  const stat = readFileSync(join(root, 'proc/22705/stat'), 'utf8');
  const pids = Array.from({ length: 140 }, (_, index) => 30_000 + index);
  for (const pid of pids) {
    put(root, `proc/${pid}/stat`, stat);
    put(root, `proc/${pid}/statm`, '800 700 100 5 0 123 0\n');
    put(root, `proc/${pid}/ksm_stat`, MERGEABLE);
  }
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  scanner.scan(1000);
  const merging = MERGEABLE.replace('ksm_merging_pages 0', 'ksm_merging_pages 77');
  for (const pid of pids) {
    put(root, `proc/${pid}/statm`, '900 800 100 5 0 123 0\n');
    put(root, `proc/${pid}/ksm_stat`, merging);
  }
  const fresh = [2000, 3000, 4000, 5000].map((monoMs) => {
    const ours = scanner.scan(monoMs).processes.filter(({ pid }) => pid >= 30_000);
    expect(ours.every(({ ksm_merging_pages }) => ksm_merging_pages === 77)).toBe(true);
    return ours.filter(({ rssAnonPages }) => rssAnonPages === 700).length;
  });
  expect(fresh.at(-1)).toBe(140);
  // A turn reads a part of them.
  expect(fresh[0]).toBeGreaterThan(0);
  expect(fresh[0]).toBeLessThan(120);

  rmSync(join(root, 'proc/30007'), { recursive: true });
  expect(pidsOf(scanner.scan(5500))).not.toContain(30_007);
});

test("a process that offers memory late is found within 10 s, a kernel thread's pid used again within 60 s", () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  put(root, 'proc/1/ksm_stat', MERGEABLE);
  put(root, 'proc/2/ksm_stat', MERGEABLE);
  const seen = new Map<number, number>();
  for (let second = 1; second <= 60; second += 1) {
    for (const pid of pidsOf(scanner.scan(second * 1000))) if (!seen.has(pid)) seen.set(pid, second);
  }
  expect(seen.get(1)).toBeLessThanOrEqual(10);
  expect(seen.get(2)).toBeLessThanOrEqual(60);
});

test('between its re-checks a process without KSM is not read at all', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  // pid 1 is in slot 1: due at 2 s, then every 10 s. A malformed file would be reported if it were read.
  put(root, 'proc/1/ksm_stat', 'ksm_rmap_items x\n');
  expect(scanner.scan(1999).report.state).toBe('ok');
  expect(scanner.scan(2000).report.state).toBe('failed');
});

test('a process that leaves KSM is no longer listed, and comes back when it offers memory again', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  put(root, 'proc/22705/ksm_stat', NO_KSM);
  expect(pidsOf(scanner.scan(1000))).toEqual([22706]);
  put(root, 'proc/22705/ksm_stat', MERGEABLE);
  expect(pidsOf(scanner.scan(12_000))).toEqual([22705, 22706]);
});

test('a process that ends, between two scans or between two of its files, is no error', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  rmSync(join(root, 'proc/22705'), { recursive: true });
  rmSync(join(root, 'proc/22706/ksm_stat'));
  const { processes, report } = scanner.scan(1000, new Set([22705]));
  expect(processes).toEqual([]);
  expect(report.state).toBe('ok');
});

test('a pid used again has the new start time at the latest after 10 s', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  put(root, 'proc/22705/stat', '22705 (other) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 999999 0 0');
  expect(scanner.scan(10_000).processes[0]).toMatchObject({ comm: 'other', startTicks: 999999 });
});

test('malformed: the process keeps its place with what is known, and the report says which file', () => {
  const root = copiedTree('6.18');
  const scanner = new ProcessScanner({ root });
  scanner.scan(0);
  put(root, 'proc/22705/ksm_stat', 'ksm_rmap_items x\n');
  const { processes, report } = scanner.scan(1000);
  expect(processes[0]).toEqual({ pid: 22705, startTicks: 224829, comm: 'python3', rssAnonPages: 6727 });
  expect(processes[1]?.ksm_merging_pages).toBe(4000);
  expect(report).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('/proc/22705/ksm_stat holds') as string,
  });
  put(root, 'proc/22705/ksm_stat', MERGEABLE);
  expect(scanner.scan(2000).report.state).toBe('ok');
});

test('not root: one report with the cure for all processes, fields absent, names known', () => {
  const root = copiedTree('6.18');
  for (const pid of ['1', '22705', '22706']) {
    chmodSync(join(root, 'proc', pid, 'ksm_stat'), 0);
    chmodSync(join(root, 'proc', pid, 'ksm_merging_pages'), 0);
  }
  const scanner = new ProcessScanner({ root });
  const { processes, report } = withoutRoot(() => scanner.scan(0, new Set([22705])));
  expect(processes).toEqual([{ pid: 22705, startTicks: 224829, comm: 'python3', rssAnonPages: 6727 }]);
  expect(report).toMatchObject({ state: 'failed' });
  expect(report.detail).toMatch(/^3 processes could not be read in full.*EACCES.*Hint: Run as root/);
  expect(withoutRoot(() => scanner.scan(1000, new Set([22705]))).report.detail).toBe(report.detail);
});

test('no /proc at all is one failed report', () => {
  const { processes, report } = new ProcessScanner({ root: '/no-such-root' }).scan(0);
  expect(processes).toEqual([]);
  expect(report).toMatchObject({ state: 'failed', detail: expect.stringContaining('ENOENT') as string });
});
