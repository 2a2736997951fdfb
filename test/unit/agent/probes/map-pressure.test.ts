import { describe, expect, it } from 'vitest';
import { fullMap, LifetimeSampling } from '../../../../src/agent/probes/map-pressure.js';
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
