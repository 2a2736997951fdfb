import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Measured } from '../../../../bench/bakeoff/score.js';
import { PRICES, scoreCell } from '../../../../bench/bakeoff/score.js';
import { netAt } from '../../../../bench/bakeoff/compare.js';
import { toyMeasured, toyRow } from '../../../helpers/bakeoff-rows.js';

/** Samples ten times a second from functions of the second. */
function measured(
  seconds: number,
  of: Partial<Record<'saved' | 'cpu' | 'breaks' | 'reachable', (sec: number) => number>>,
): Measured {
  const zero = (): number => 0;
  return {
    ...toyMeasured(),
    window_s: seconds,
    ticks: Array.from({ length: seconds * 10 + 1 }, (_, i) => ({
      sec: i / 10,
      savedMib: (of.saved ?? zero)(i / 10),
      ksmdCpuSec: (of.cpu ?? zero)(i / 10),
      cowBreaks: (of.breaks ?? zero)(i / 10),
    })),
    script: { reachableMib: of.reachable ?? ((): number => 1e6), change: null },
  };
}

describe('the score of a cell', () => {
  it('adds up saving, CPU and breaks over the window', () => {
    // 1024 MiB reached in a straight line after 10 s, then held for 20 s; half a core for 10 s.
    const row = toyRow({ reachableMib: 1024, mergeSec: 10, busy: 0.5, idle: 0, cowBreaks: 1000 });
    expect(row.saved_gib_s).toBeCloseTo(5 + 20, 6);
    expect(row.reachable_gib_s).toBeCloseTo(30, 6);
    expect(row.ksmd_cpu_s).toBeCloseTo(5, 6);
    expect(row.cow_breaks).toBe(1000);
    expect(row.net_8).toBeCloseTo(25 / 8 - 5 - 1000 * 2e-6, 6);
    expect(row).toMatchObject({
      workload: 'storm',
      policy: 'default',
      repeat: 1,
      price: null,
      guest_slowdown_pct: null,
    });
  });

  it('counts no more than the script says was reachable at that moment', () => {
    // 800 MiB are gone after 10 s, and the kernel notices after 15 s.
    const row = scoreCell(
      measured(20, {
        saved: (sec) => (sec < 15 ? 1024 : 224),
        reachable: (sec) => (sec < 10 ? 1024 : 224),
      }),
    );
    expect(row.saved_gib_s).toBeCloseTo(10 + (10 * 224) / 1024, 1);
    expect(row.saved_gib_s).toBeCloseTo(row.reachable_gib_s, 6);
    expect(Math.max(...row.trace.filter(({ sec }) => sec >= 10).map(({ savedMib }) => savedMib))).toBe(224);
  });

  it('ends with the window: later samples do not count, earlier ends are held', () => {
    const all = measured(12, { saved: () => 1024, cpu: (sec) => sec / 2 });
    expect(scoreCell({ ...all, window_s: 10 })).toMatchObject({ saved_gib_s: 10, ksmd_cpu_s: 5 });
    expect(scoreCell({ ...all, ticks: all.ticks.filter(({ sec }) => sec <= 11) })).toMatchObject({
      saved_gib_s: 12,
      ksmd_cpu_s: 5.5,
    });
  });

  it('finds the busiest ten seconds and the share of the last third', () => {
    const row = scoreCell(
      measured(60, { cpu: (sec) => (sec < 5 ? 0 : sec < 20 ? (sec - 5) / 2 : 7.5 + (sec - 20) / 100) }),
    );
    expect(row.peak_10s_cpu_pct).toBeCloseTo(50, 3);
    expect(row.tail_cpu_pct).toBeCloseTo(1, 3);
  });

  it('thins the trace, and keeps both ends', () => {
    const { trace } = toyRow({ window_s: 60 });
    expect(trace.length).toBeGreaterThan(100);
    expect(trace.length).toBeLessThanOrEqual(120);
    expect(trace[0]).toMatchObject({ sec: 0, ksmdCpuSec: 0, cowBreaks: 0 });
    expect(trace.at(-1)?.sec).toBe(60);
    expect(trace.map(({ sec }) => sec)).toEqual(trace.map(({ sec }) => sec).toSorted((a, b) => a - b));
    expect(toyRow({ window_s: 5 }).trace).toHaveLength(51);
  });

  it('is finite throughout', () => {
    const row = toyRow({ reachableMib: 0, mergeSec: 1 });
    const numbers = Object.values(row).filter((value) => typeof value === 'number');
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(JSON.stringify(row.trace)).not.toContain('null');
  });
});

describe('t95', () => {
  const change = { fromSec: 5, goalSec: 30 };
  const timed = (saved: (sec: number) => number, reachable = 1000): number | null => {
    const cell = measured(30, { saved, reachable: () => reachable });
    return scoreCell({ ...cell, script: { ...cell.script, reachableMib: () => reachable, change } }).t95_s;
  };

  it('counts from the change to 95 %', () => {
    expect(timed((sec) => (sec < 12 ? 949 : 951))).toBe(7);
    expect(timed(() => 1000)).toBe(0);
  });

  it('does not count what does not last a second', () => {
    expect(timed((sec) => (sec === 8 || sec > 20 ? 1000 : 0))).toBeCloseTo(15.1);
  });

  it('is null where it is never reached, nothing is to be had, or nothing changes', () => {
    expect(timed(() => 900)).toBeNull();
    expect(timed(() => 0, 0)).toBeNull();
    expect(timed((sec) => (sec > 29.5 ? 1000 : 0))).toBeNull();
    expect(scoreCell(measured(30, { saved: () => 1e6 })).t95_s).toBeNull();
  });

  it('reads its goal at the second of the goal, and so does reachable_mib', () => {
    const cell = measured(30, { saved: (sec) => (sec < 10 ? 0 : 96), reachable: (sec) => (sec < 20 ? 100 : 500) });
    const row = scoreCell({ ...cell, script: { ...cell.script, change: { fromSec: 0, goalSec: 19 } } });
    expect(row).toMatchObject({ t95_s: 10, reachable_mib: 100 });
    expect(scoreCell(cell).reachable_mib).toBe(500);
  });
});

describe('samples that cannot be scored', () => {
  const good = measured(10, {});
  const refuse = (ticks: Measured['ticks']): void => {
    expect(() => scoreCell({ ...good, ticks })).toThrow(RangeError);
  };

  it('are refused: none, a late start, an early end, out of order, not a number', () => {
    refuse([]);
    refuse(good.ticks.slice(10));
    refuse(good.ticks.slice(0, 10));
    refuse([...good.ticks.slice(0, 50), ...good.ticks.slice(49)]);
    refuse(good.ticks.map((tick) => (tick.sec === 3 ? { ...tick, ksmdCpuSec: NaN } : tick)));
  });
});

describe('whatever was measured', () => {
  const tick = fc.record({ savedMib: fc.nat(4000), cpu: fc.nat(100), breaks: fc.nat(500) });

  it('the net is the saving at its price less CPU and breaks, and no more is saved than was reachable', () => {
    fc.assert(
      fc.property(fc.array(tick, { minLength: 101, maxLength: 101 }), fc.nat(4000), (samples, limit) => {
        let [cpu, breaks] = [3, 100];
        const ticks = samples.map((sample, index) => ({
          sec: index / 10,
          savedMib: sample.savedMib,
          ksmdCpuSec: (cpu += sample.cpu / 1000),
          cowBreaks: (breaks += sample.breaks),
        }));
        const cell = measured(10, { reachable: (sec) => (sec < 5 ? limit : limit / 2) });
        const row = scoreCell({ ...cell, ticks });
        for (const price of PRICES) {
          const cost = row.ksmd_cpu_s + row.cow_breaks * row.cow_break_cost_s;
          expect(netAt(row, price)).toBeCloseTo(row.saved_gib_s / price - cost, 5);
        }
        expect(row.saved_gib_s).toBeLessThanOrEqual(row.reachable_gib_s + 1e-6);
        expect(row.trace.every((point) => point.savedMib <= point.reachableMib)).toBe(true);
        expect(row.ksmd_cpu_s).toBeCloseTo(cpu - (ticks[0]?.ksmdCpuSec ?? 0), 5);
      }),
    );
  });
});
