import { describe, expect, it } from 'vitest';
import { bucketsOf } from '../../../../src/agent/model/lifetime.js';
import { Lifetimes } from '../../../../src/agent/probes/lifetimes.js';

const times = (entries: Record<string, number | string>): Map<string, number | string> =>
  new Map(Object.entries(entries));
const SEC = 1e9;

describe('lifetimes', () => {
  it('run from the merge to the break of the same page', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'a,7': 10 * SEC, 'b,7': 10 * SEC, 'c,8': 10 * SEC, 'd,9': 10 * SEC }));
    lifetimes.join(times({ a: 10 * SEC - 999_999, b: 10 * SEC - 1_000_000, c: String(2 * SEC), d: 2 * SEC - 1, e: 1 }));
    expect(lifetimes.buckets).toEqual([
      { lowerMs: 0, upperMs: 1, count: 1 },
      { lowerMs: 1, upperMs: 2, count: 1 },
      { lowerMs: 4_096, upperMs: 8_192, count: 2 },
    ]);
  });

  it('are counted by process too', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'mm,1,7': 5 * SEC, 'mm,2,7': 5 * SEC, 'nn,1, 8': 5 * SEC }));
    lifetimes.join(times({ 'mm,1': 4 * SEC, 'mm,2': 4 * SEC, 'nn,1': 5 * SEC }));
    lifetimes.addBreaks(times({ 'mm,1,7': 9 * SEC }));
    lifetimes.join(times({ 'mm,1': 8 * SEC }));
    const byPid = [...lifetimes.byPid].map(([pid, bars]) => [pid, bucketsOf(bars)]);
    expect(byPid).toEqual([
      [8, [{ lowerMs: 0, upperMs: 1, count: 1 }]],
      [7, [{ lowerMs: 512, upperMs: 1_024, count: 3 }]],
    ]);
  });

  it('of a page that two programs saw break count for the process that was told last', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'mm,1,7': 5 * SEC, 'mm,1,8': 5 * SEC + 10 }));
    lifetimes.join(times({ 'mm,1': 4 * SEC }));
    expect([...lifetimes.byPid.keys()]).toEqual([8]);
    expect(lifetimes.buckets).toEqual([{ lowerMs: 512, upperMs: 1_024, count: 1 }]);
  });

  it('are kept of 4,096 processes, those that broke last; the host has all', () => {
    const lifetimes = new Lifetimes();
    const wave = (first: number): void => {
      const pids = Array.from({ length: 3_000 }, (_, n) => first + n);
      lifetimes.addBreaks(new Map(pids.map((pid) => [`mm,${pid},${pid}`, 5 * SEC])));
      lifetimes.join(new Map(pids.map((pid) => [`mm,${pid}`, 4 * SEC])));
    };
    wave(1);
    wave(10_001);
    expect(lifetimes.byPid.size).toBe(4_096);
    expect([1, 1_904, 1_905, 10_001, 13_000].map((pid) => lifetimes.byPid.has(pid))).toEqual([
      ...[false, false, true, true, true],
    ]);
    expect(lifetimes.buckets).toEqual([{ lowerMs: 512, upperMs: 1_024, count: 6_000 }]);
  });

  it('that were told stay as they are when more come', () => {
    const lifetimes = new Lifetimes();
    const breakAt = (sec: number): void => {
      lifetimes.addBreaks(times({ 'mm,1,7': sec * SEC }));
      lifetimes.join(times({ 'mm,1': (sec - 1) * SEC }));
    };
    breakAt(5);
    const told = lifetimes.byPid.get(7) ?? [];
    breakAt(9);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('of pages whose merge is not known, or that merged again since, are left out', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'a,7': 5 * SEC, 'b,7': 5 * SEC }));
    lifetimes.join(times({ b: 6 * SEC }));
    expect(lifetimes.buckets).toEqual([]);
    lifetimes.join(times({ a: 1, b: 1 })); // too late: nobody waits any more
    expect(lifetimes.buckets).toEqual([]);
  });

  it('count a page that broke twice once, from its last merge', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'a,7': 5 * SEC }));
    lifetimes.addBreaks(times({ 'a,7': 9 * SEC }));
    lifetimes.join(times({ a: 7 * SEC }));
    expect(lifetimes.buckets).toEqual([{ lowerMs: 1_024, upperMs: 2_048, count: 1 }]);
  });

  it('are taken of breaks of the last ten seconds before the merge times only', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'old,7': 30 * SEC, 'fresh,7': 45 * SEC }));
    lifetimes.join(times({ old: 1 * SEC, fresh: 44 * SEC }));
    expect(lifetimes.buckets).toEqual([{ lowerMs: 512, upperMs: 1_024, count: 1 }]);
  });

  it('wait for merge times in bounded number, the newest', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(new Map(Array.from({ length: 20_000 }, (_, page) => [`mm,${page},7`, 5 * SEC])));
    expect(lifetimes.waiting).toBe(16_384);
    lifetimes.join(times({ 'mm,0': 1, 'mm,19999': 4 * SEC }));
    expect(lifetimes.buckets).toEqual([{ lowerMs: 512, upperMs: 1_024, count: 1 }]);
  });

  it('begin anew when another share of the pages is timed', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ 'a,7': 5 * SEC }));
    lifetimes.join(times({ a: 4 * SEC }));
    const { series } = lifetimes;
    lifetimes.clear();
    expect(lifetimes.buckets).toEqual([]);
    expect(lifetimes.byPid.size).toBe(0);
    expect(lifetimes.series).not.toBe(series);
  });
});
