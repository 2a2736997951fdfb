import { describe, expect, it } from 'vitest';
import { fullMap, lifetimeProcesses, LifetimeSampling, spentRows } from '../../../../src/agent/probes/map-pressure.js';
import { EpochWindow, type EpochCounts } from '../../../../src/agent/probes/window.js';

const NONE = new EpochWindow().counts();
const timed = (born: number, gone: number): EpochCounts => ({
  ...NONE,
  timed: new Map([
    ['0', born],
    ['1', gone],
  ]),
});

describe('a map of processes', () => {
  const withKeys = (size: number): EpochCounts => ({
    ...NONE,
    cow: new Map(Array.from({ length: size }, (_, pid) => [`${pid},0`, 1])),
  });

  it('is nearly full from nine tenths on', () => {
    expect(fullMap(withKeys(89), 100)).toBeUndefined();
    expect(fullMap(withKeys(90), 100)).toBe('@cow holds 90 of 100 keys, most of processes that ended');
  });
});

describe('the choice of timed pages', () => {
  it.each([
    [0, 1],
    [8_192, 1],
    [8_193, 2],
    [1_000_000, 128],
    [100_000_000, 16_384],
  ])('for %d pages is one in %d', (pages, oneIn) => {
    const sampling = new LifetimeSampling(16_384);
    sampling.choose(pages);
    expect(sampling.oneIn).toBe(oneIn);
  });

  it('can be forced to thin out', () => {
    const sampling = new LifetimeSampling(16_384);
    sampling.choose(0, 4);
    expect(sampling.oneIn).toBe(4);
  });

  it('is pressed when as many are remembered as the map nearly holds', () => {
    const sampling = new LifetimeSampling(100);
    expect(sampling.isPressed(NONE)).toBe(false);
    expect(sampling.isPressed(timed(5_089, 5_000))).toBe(false);
    expect(sampling.isPressed(timed(5_090, 5_000))).toBe(true);
  });
});

describe('rows for the lifetimes of processes', () => {
  it('leave room for the bars of all of them and of one more', () => {
    expect(lifetimeProcesses(16_384)).toBe(454);
    expect(lifetimeProcesses(64)).toBe(0);
    expect(lifetimeProcesses(1)).toBe(0);
  });

  const used = (processes: number, others: boolean): EpochCounts => ({
    ...NONE,
    lifetime: new Map([
      ...(others ? [['0,7', 1] as const] : []),
      ...Array.from({ length: processes }, (_, n) => [[`${n + 1},3`, 1] as const, [`${n + 1},9`, 1] as const]).flat(),
    ]),
  });
  const afterPid = (last: number) => (pid: number) => pid > last;

  it('are given out anew when all are taken, others want one, and half are of processes that ended', () => {
    expect(spentRows(used(10, true), 396, afterPid(5))).toBe(
      'of 10 processes whose merge lifetimes are told apart 5 have ended',
    );
    expect(spentRows(used(10, true), 396, afterPid(4))).toBeUndefined();
    expect(spentRows(used(10, false), 396, afterPid(10))).toBeUndefined();
    expect(spentRows(used(9, true), 396, afterPid(10))).toBeUndefined();
    expect(spentRows(used(0, true), 64, afterPid(10))).toBeUndefined();
  });
});
