import { describe, expect, it } from 'vitest';
import { bucketsOf } from '../../../../src/agent/model/lifetime.js';
import type { HistogramBucket } from '../../../../src/agent/model/probe.js';
import { ProbeTotals } from '../../../../src/agent/probes/totals.js';
import { EpochWindow, type EpochCounts } from '../../../../src/agent/probes/window.js';

const NONE = new EpochWindow().counts();

function counts(maps: Partial<Record<keyof EpochCounts, Record<string, number | string>>>): EpochCounts {
  const entries = Object.entries(maps).map(([name, cells]) => [name, new Map(Object.entries(cells))] as const);
  return { ...NONE, ...Object.fromEntries(entries) };
}

describe('totals', () => {
  it('are unknown, not 0, before the first frame', () => {
    const totals = new ProbeTotals(10);
    totals.beginEpoch(1);
    expect(totals.scanner).toBeUndefined();
    expect(totals.cow).toBeUndefined();
    expect(totals.processes).toEqual([]);
  });

  it('go on over restarts, for sums and for each process', () => {
    const totals = new ProbeTotals(10);
    totals.beginEpoch(1);
    totals.publishCow(counts({ cow: { '7,0': 31, '8,1': 5 }, comm: { 7: 'qemu' } }), 100, 'tracepoint');
    totals.publishCow(counts({ cow: { '7,0': 37, '8,1': 5 }, comm: { 7: 'qemu' } }), 110, 'tracepoint');
    totals.beginEpoch(1);
    expect(totals.cow).toMatchObject({ attributed: 42, cow_ksm: 110 });
    totals.publishCow(counts({ cow: { '7,0': 2, '9,0': 3 } }), 130, 'tracepoint');
    expect(totals.cow).toEqual({
      tier: 'tracepoint',
      attributed: 47,
      byUser: 42,
      byKernel: 5,
      byGuest: 0,
      zero: 0,
      cow_ksm: 130,
      mergeLifetime: [],
      lifetimeSampledOneIn: 1,
    });
    expect(totals.processes.find(({ pid }) => pid === 7)).toEqual({
      pid: 7,
      comm: 'qemu',
      merges: 0,
      zeroMerges: 0,
      cowBreaks: 39,
      zeroBreaks: 0,
    });
  });

  it('do not count an epoch twice that is published again at its end', () => {
    const totals = new ProbeTotals(10);
    totals.beginEpoch(1);
    const frame = counts({ cow: { '7,0': 31 } });
    totals.publishCow(frame, 1, 'tracepoint');
    totals.publishScanner(frame);
    totals.publishCow(frame, 1, 'tracepoint');
    totals.beginEpoch(1);
    totals.publishCow(NONE, 1, 'tracepoint');
    expect(totals.cow?.attributed).toBe(31);
  });

  it('keep the sums when rows of long-gone processes are dropped', () => {
    const totals = new ProbeTotals(2);
    for (let epoch = 0; epoch < 5; epoch += 1) {
      totals.beginEpoch(1);
      totals.publishCow(counts({ cow: { [`${epoch},0`]: 10 } }), 1, 'tracepoint');
    }
    totals.beginEpoch(1);
    totals.publishCow(NONE, 1, 'tracepoint');
    expect(totals.cow?.attributed).toBe(50);
    expect(totals.processes.map(({ pid }) => pid)).toEqual([3, 4]);
  });

  it('of the scanner name failures by errno, whichever way bpftrace writes a negative number', () => {
    const totals = new ProbeTotals(10);
    totals.beginEpoch(1);
    totals.publishScanner(
      counts({
        ksm: { 0: 12, 1: 2, 2: 30, 3: 4, 4: 5, 5: 6 },
        merge: { '7,0': 1, '7,1': 2, '8,1': 3, '8,2': 4 },
        fail: { '-14': 7 },
      }),
    );
    expect(totals.scanner).toEqual({
      fullScans: 12,
      unlistedScans: 2,
      mergesNew: 1,
      mergesInto: 5,
      mergesZero: 4,
      failures: { EFAULT: 7 },
      removedRmapItems: 30,
      removedKsmPages: 4,
      entered: 5,
      exited: 6,
    });
    totals.publishScanner(counts({ fail: { '18446744073709551602': 1 } }));
    expect(totals.scanner?.failures).toEqual({ EFAULT: 1 });
    totals.publishScanner(counts({ fail: { '4294967282': 1 } }));
    expect(totals.scanner?.failures).toEqual({ EFAULT: 1 });
    totals.publishScanner(counts({ fail: { '-9999': 1 } }));
    expect(totals.scanner?.failures).toEqual({ 'errno -9999': 1 });
  });

  it('of lifetimes have half-open bars in order, added up over processes and restarts', () => {
    const totals = new ProbeTotals(10);
    totals.beginEpoch(1);
    totals.publishCow(counts({ lifetime: { '7,3': 2, '8,3': 1, '0,0': 4 } }), 1, 'tracepoint');
    totals.beginEpoch(1);
    totals.publishCow(counts({ lifetime: { '7,0': 1, '7,3': 2, '9,35': '1', '9,36': 5 } }), 1, 'tracepoint');
    expect(totals.cow?.mergeLifetime).toEqual([
      { lowerMs: 0, upperMs: 1, count: 5 },
      { lowerMs: 4, upperMs: 8, count: 5 },
      { lowerMs: 2 ** 34, upperMs: null, count: 1 },
    ]);
    expect(ofProcess(totals, 7)).toEqual([
      { lowerMs: 0, upperMs: 1, count: 1 },
      { lowerMs: 4, upperMs: 8, count: 4 },
    ]);
    expect(ofProcess(totals, 8)).toEqual([{ lowerMs: 4, upperMs: 8, count: 1 }]);
  });

  it('of lifetimes keep the newest processes of past epochs, and the sum of all', () => {
    const totals = new ProbeTotals(2);
    totals.beginEpoch(1);
    totals.publishCow(counts({ lifetime: { '0,1': 1, '7,1': 10, '8,1': 100 } }), 1, 'tracepoint');
    totals.beginEpoch(1);
    totals.publishCow(counts({ lifetime: { '9,1': 1_000 } }), 1, 'tracepoint');
    totals.beginEpoch(1);
    expect([...totals.lifetimes.byPid.keys()]).toEqual([0, 8, 9]);
    totals.publishCow(counts({}), 1, 'tracepoint');
    expect(totals.cow?.mergeLifetime).toEqual([{ lowerMs: 1, upperMs: 2, count: 1_111 }]);
  });

  it('of lifetimes begin anew when fewer pages are timed, because the counts would not compare', () => {
    const totals = new ProbeTotals(10);
    totals.beginEpoch(1);
    totals.publishCow(counts({ lifetime: { '7,3': 2 } }), 1, 'tracepoint');
    const { series } = totals.lifetimes;
    totals.beginEpoch(1);
    expect(totals.lifetimes.series).toBe(series);
    totals.beginEpoch(8);
    totals.publishCow(counts({ lifetime: { '7,3': 1 } }), 1, 'tracepoint');
    expect(totals.cow).toMatchObject({
      mergeLifetime: [{ lowerMs: 4, upperMs: 8, count: 1 }],
      lifetimeSampledOneIn: 8,
    });
    expect(totals.lifetimes.series).not.toBe(series);
    expect(ofProcess(totals, 7)).toEqual([{ lowerMs: 4, upperMs: 8, count: 1 }]);
  });
});

function ofProcess({ lifetimes }: ProbeTotals, pid: number): HistogramBucket[] {
  return bucketsOf(lifetimes.byPid.get(pid) ?? []);
}
