import { describe, expect, it } from 'vitest';
import { barOf, BARS, bucketsOf, medianLifetimeSec, NO_BARS } from '../../../../src/agent/model/lifetime.js';
import type { HistogramBucket } from '../../../../src/agent/model/probe.js';

const bucket = (lowerMs: number, upperMs: number | null, count: number): HistogramBucket => ({
  lowerMs,
  upperMs,
  count,
});

describe('medianLifetimeSec', () => {
  it('is unknown while too few merges ended', () => expect(medianLifetimeSec([bucket(512, 1024, 19)], [])).toBeNull());
  it('is the middle of the bucket that holds the median', () =>
    expect(medianLifetimeSec([bucket(4096, 8192, 10), bucket(0, 1, 4), bucket(1024, 2048, 30)], [])).toBeCloseTo(
      Math.sqrt(1024 * 2048) / 1000,
    ));
  it('counts only what ended since the earlier reading', () =>
    expect(
      medianLifetimeSec([bucket(1, 2, 1000), bucket(4096, 8192, 25)], [bucket(1, 2, 1000), bucket(4096, 8192, 3)]),
    ).toBeCloseTo(Math.sqrt(4096 * 8192) / 1000));
  it('survives a histogram that began anew', () =>
    expect(medianLifetimeSec([bucket(1, 2, 5)], [bucket(1, 2, 1000)])).toBeNull());
  it('takes the lower bound where there is no upper one', () =>
    expect(medianLifetimeSec([bucket(65_536, null, 50)], [])).toBeCloseTo(65.536));
});

describe('bars', () => {
  it.each([
    [0, 0],
    [0.999, 0],
    [1, 1],
    [1.999, 1],
    [2, 2],
    [1_023.9, 10],
    [1_024, 11],
    [2 ** 34 - 1, 34],
    [2 ** 34, 35],
    [2 ** 50, 35],
  ])('an age of %d ms is in bar %d', (ms, bar) => expect(barOf(ms)).toBe(bar));

  it('are buckets that meet each other, the last one open', () => {
    const all = bucketsOf(NO_BARS.map(() => 1));
    expect(all).toHaveLength(BARS);
    for (const [index, { upperMs }] of all.entries()) expect(upperMs).toBe(all[index + 1]?.lowerMs ?? null);
    for (const { lowerMs } of all) expect(all[barOf(lowerMs)]?.lowerMs).toBe(lowerMs);
    expect(bucketsOf(NO_BARS)).toEqual([]);
  });
});
