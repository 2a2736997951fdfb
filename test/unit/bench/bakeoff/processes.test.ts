import { describe, expect, it } from 'vitest';
import {
  parseBusySec,
  parseProcessTime,
  readBusySec,
  readProcessTimes,
  treeCpuSec,
  treeOf,
} from '../../../../bench/bakeoff/processes.js';

describe('parseProcessTime', () => {
  it('adds up the times of the process and of its ended children, whatever its name', () => {
    const stat =
      '42 (a) b) (c) S 7 42 42 0 -1 4194560 100 200 0 0 150 50 25 75 20 0 1 0 9000 1000 10 18446744073709551615';
    expect(parseProcessTime(stat)).toEqual({ pid: 42, ppid: 7, cpuSec: 3 });
  });
});

describe('treeCpuSec', () => {
  const one = (pid: number, ppid: number, cpuSec: number): { pid: number; ppid: number; cpuSec: number } => ({
    pid,
    ppid,
    cpuSec,
  });

  it('counts a process and all below it, and nobody else', () => {
    const processes = [one(1, 0, 100), one(2, 1, 10), one(3, 2, 1), one(4, 3, 0.5), one(5, 1, 50)];
    expect(treeCpuSec(processes, 2)).toBe(11.5);
    expect(treeOf(processes, 2).map(({ pid }) => pid)).toEqual([2, 3, 4]);
    expect(treeCpuSec(processes, 9)).toBe(0);
  });

  it('sees the work of this very process', () => {
    const before = treeCpuSec(readProcessTimes(), process.pid);
    const start = process.cpuUsage();
    while (process.cpuUsage(start).user < 100_000);
    expect(treeCpuSec(readProcessTimes(), process.pid) - before).toBeGreaterThanOrEqual(0.08);
  });
});

describe('parseBusySec', () => {
  it('adds up all but idle and waiting, once', () => {
    const stat = 'cpu  100 20 300 4000 500 6 70 800 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n';
    expect(parseBusySec(stat)).toBeCloseTo((100 + 20 + 300 + 6 + 70 + 800) / 100);
  });

  it('is NaN, not 0, where there is no such line', () => {
    expect(parseBusySec('')).toBeNaN();
  });

  it('reads this kernel', () => {
    expect(readBusySec()).toBeGreaterThan(0);
  });
});
