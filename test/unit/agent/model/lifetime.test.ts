import { describe, expect, it } from 'vitest';
import { medianLifetimeSec } from '../../../../src/agent/model/lifetime.js';
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
