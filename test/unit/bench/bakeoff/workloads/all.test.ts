import { describe, expect, it } from 'vitest';
import { reachableMib, TICK_MS } from '../../../../../bench/bakeoff/workloads/account.js';
import { WORKLOADS } from '../../../../../bench/bakeoff/workloads/all.js';
import { PAGES_PER_MIB } from '../../../../../bench/bakeoff/workloads/plan.js';

/** Pages that could be saved at that second of a full window. */
function pagesAt(name: string, ...seconds: readonly number[]): number[] {
  const workload = WORKLOADS.find((one) => one.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  const reachable = reachableMib(workload.plan(workload.seconds), workload.seconds);
  return seconds.map((at) => (reachable[(at * 1000) / TICK_MS] ?? NaN) * PAGES_PER_MIB);
}

describe('the workloads', () => {
  it('are those of the issue, once each', () => {
    expect(WORKLOADS.map(({ name }) => name).sort()).toEqual(
      'aged arrays churn exit idle logins phase steady storm volatile zero'.split(' '),
    );
  });

  it.each(WORKLOADS)('$name: a quick window is shorter, and its change lies within it', (workload) => {
    expect(workload.quickSeconds).toBeLessThan(workload.seconds);
    for (const seconds of [workload.seconds, workload.quickSeconds]) {
      const { change } = workload.plan(seconds);
      if (change === null) continue;
      expect(change.fromSec).toBeGreaterThanOrEqual(0);
      expect(change.goalSec).toBeGreaterThan(change.fromSec);
      expect(change.goalSec).toBeLessThanOrEqual(seconds);
    }
  });

  it.each(WORKLOADS)(
    '$name: fits a guest of bench/bakeoff/guest.c, and keeps its content apart from others',
    (workload) => {
      for (const { ranges } of workload.plan(workload.seconds).guests) {
        expect(ranges.length).toBeLessThanOrEqual(16);
        expect(ranges.flatMap(({ laws }) => laws).length).toBeLessThanOrEqual(32);
        for (const law of ranges.flatMap(({ laws }) => laws)) {
          const library = law.kind === 'cycle' ? law.library : law.content;
          if (typeof library === 'number') expect(library).toBeLessThan(2 ** 20); // keyOf stays exact
        }
      }
    },
  );

  it.each(WORKLOADS)('$name: counts in primes, so that nothing comes out right by chance', (workload) => {
    for (const { pages } of workload.plan(workload.seconds).guests.flatMap(({ ranges }) => ranges)) {
      for (let divisor = 2; divisor * divisor <= pages; divisor += 1) expect(pages % divisor, `${pages}`).not.toBe(0);
    }
  });

  it.each(WORKLOADS)('$name: laws of a page come one after the other', (workload) => {
    for (const { laws } of workload.plan(workload.seconds).guests.flatMap(({ ranges }) => ranges)) {
      laws.forEach((law, index) => {
        const next = laws[index + 1];
        if (law.kind === 'cycle') expect(next).toBeUndefined();
        else if (next !== undefined) {
          expect((law.startMs ?? -Infinity) + (law.ms ?? 0)).toBeLessThanOrEqual(next.startMs ?? -Infinity);
        }
      });
    }
  });
});

describe('what they could save, by hand', () => {
  it('storm: the image, once for each guest after the first', () => {
    expect(pagesAt('storm', 0, 2, 3.75, 6, 8, 60)).toEqual([0, 0, 36_473, 2 * 36_473, 3 * 36_473, 3 * 36_473]);
  });

  it('steady: the same all the time, as many come as go', () => {
    expect(pagesAt('steady', 0, 7.5, 15, 30)).toEqual([3 * 9973, 3 * 9973, 3 * 9973, 3 * 9973]);
  });

  it('churn: 17.5 of 26 s of each page on average, within 1 % at any time', () => {
    for (const pages of pagesAt('churn', 0, 10, 20, 40)) {
      expect(Math.abs(pages / ((4 * 13_001 * 17.5) / 26) - 1)).toBeLessThan(0.01);
    }
  });

  it('phase: half the memory of three of four guests, once it is half-way', () => {
    expect(pagesAt('phase', 0, 45, 46, 90)).toEqual([0, 0, 3 * 6247, 3 * 6247]);
  });

  it('volatile: about 1 MiB, all short-lived', () => {
    for (const pages of pagesAt('volatile', 0, 11, 30))
      expect(Math.abs(pages / (2 * 503 * (550 / 2000)) - 1)).toBeLessThan(0.1);
  });

  it('idle: nothing', () => {
    expect(pagesAt('idle', 0, 15, 30)).toEqual([0, 0, 0]);
  });

  it('zero: all zeros but one page for every 256', () => {
    const zeros = 4 * 8419;
    expect(pagesAt('zero', 0, 8, 40)).toEqual([0, zeros - Math.ceil(zeros / 256), zeros - Math.ceil(zeros / 256)]);
  });

  it('arrays: nine of the ten', () => {
    expect(pagesAt('arrays', 0, 5, 6, 40)).toEqual([0, 0, 9 * 7681, 9 * 7681]);
  });

  it('logins: all that are there but one', () => {
    // At 10.25 s 31 have come (the last at 10 s, and is half-filled); at 25.3 s guests 40 to 59 are left; at 33 s none.
    const [atTen = NaN, late, over] = pagesAt('logins', 10.3, 25.3, 33);
    expect(atTen).toBeGreaterThan(29 * 769);
    expect(atTen).toBeLessThan(30 * 769);
    expect([late, over]).toEqual([19 * 769, 0]);
  });

  it('exit: five of six, then nothing', () => {
    expect(pagesAt('exit', 0, 4.95, 5, 30)).toEqual([5 * 6007, 5 * 6007, 0, 0]);
  });

  it('aged: one of the two', () => {
    expect(pagesAt('aged', 0, 30)).toEqual([20_011, 20_011]);
  });
});
