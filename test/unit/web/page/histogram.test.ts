import { describe, expect, it } from 'vitest';
import { bucketLabel, lifetimeSentence, timedMerges, trimmed } from '../../../../web/page/histogram.js';

const BUCKETS = [
  { lower_ms: 0, upper_ms: 16, count: 0 },
  { lower_ms: 16, upper_ms: 32, count: 3 },
  { lower_ms: 32, upper_ms: 64, count: 0 },
  { lower_ms: 64, count: 5 },
  { lower_ms: 128, upper_ms: 256, count: 0 },
];

describe('the lifetime histogram', () => {
  it('shows from the first to the last bucket that counted', () => {
    expect(trimmed(BUCKETS).map(({ count }) => count)).toEqual([3, 0, 5]);
    expect(trimmed([])).toEqual([]);
  });

  it('labels buckets by where they end', () => {
    expect(BUCKETS.slice(1, 4).map(bucketLabel)).toEqual(['< 32 ms', '< 64 ms', '≥ 64 ms']);
  });

  it('says by when half are over', () => {
    expect(lifetimeSentence([{ lower_ms: 0, upper_ms: 16, count: 9 }], 1)).toContain('half were over within 16 ms.');
    expect(lifetimeSentence(BUCKETS, 64)).toContain('half lasted 64 ms or longer; one page in 64 is timed.');
  });

  it('keeps not measured apart from nothing measured', () => {
    expect(timedMerges([])).toBeUndefined();
    expect(timedMerges(BUCKETS.slice(0, 1))).toBe(0);
    expect(lifetimeSentence([], undefined)).not.toBe(lifetimeSentence(BUCKETS.slice(0, 1), 1));
  });
});
