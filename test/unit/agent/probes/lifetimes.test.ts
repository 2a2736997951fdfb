import { describe, expect, it } from 'vitest';
import { Lifetimes } from '../../../../src/agent/probes/lifetimes.js';

const times = (entries: Record<string, number | string>): Map<string, number | string> =>
  new Map(Object.entries(entries));
const SEC = 1e9;

describe('lifetimes', () => {
  it('run from the merge to the break of the same page', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ a: 10 * SEC, b: 10 * SEC, c: 10 * SEC, d: 10 * SEC }));
    lifetimes.join(times({ a: 10 * SEC - 999_999, b: 10 * SEC - 1_000_000, c: String(2 * SEC), d: 2 * SEC - 1, e: 1 }));
    expect(lifetimes.buckets).toEqual([
      { lowerMs: 0, upperMs: 1, count: 1 },
      { lowerMs: 1, upperMs: 2, count: 1 },
      { lowerMs: 4_096, upperMs: 8_192, count: 2 },
    ]);
  });

  it('of pages whose merge is not known, or that merged again since, are left out', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ a: 5 * SEC, b: 5 * SEC }));
    lifetimes.join(times({ b: 6 * SEC }));
    expect(lifetimes.buckets).toEqual([]);
    lifetimes.join(times({ a: 1, b: 1 })); // too late: nobody waits any more
    expect(lifetimes.buckets).toEqual([]);
  });

  it('count a page that broke twice once, from its last merge', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ a: 5 * SEC }));
    lifetimes.addBreaks(times({ a: 9 * SEC }));
    lifetimes.join(times({ a: 7 * SEC }));
    expect(lifetimes.buckets).toEqual([{ lowerMs: 1_024, upperMs: 2_048, count: 1 }]);
  });

  it('are taken of breaks of the last ten seconds before the merge times only', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ old: 30 * SEC, fresh: 45 * SEC }));
    lifetimes.join(times({ old: 1 * SEC, fresh: 44 * SEC }));
    expect(lifetimes.buckets).toEqual([{ lowerMs: 512, upperMs: 1_024, count: 1 }]);
  });

  it('wait for merge times in bounded number, the newest', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(new Map(Array.from({ length: 20_000 }, (_, page) => [`mm,${page}`, 5 * SEC])));
    expect(lifetimes.waiting).toBe(16_384);
    lifetimes.join(times({ 'mm,0': 1, 'mm,19999': 4 * SEC }));
    expect(lifetimes.buckets).toEqual([{ lowerMs: 512, upperMs: 1_024, count: 1 }]);
  });

  it('begin anew when another share of the pages is timed', () => {
    const lifetimes = new Lifetimes();
    lifetimes.addBreaks(times({ a: 5 * SEC }));
    lifetimes.join(times({ a: 4 * SEC }));
    lifetimes.clear();
    expect(lifetimes.buckets).toEqual([]);
  });
});
