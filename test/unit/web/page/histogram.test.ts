import { describe, expect, it } from 'vitest';
import {
  lifetimeBars,
  lifetimeSentence,
  serviceBars,
  serviceSentence,
  timed,
  trimmed,
} from '../../../../web/page/histogram.js';

const BUCKETS = [
  { lower_ms: 0, upper_ms: 16, count: 0 },
  { lower_ms: 16, upper_ms: 32, count: 3 },
  { lower_ms: 32, upper_ms: 64, count: 0 },
  { lower_ms: 64, count: 5 },
  { lower_ms: 128, upper_ms: 256, count: 0 },
];

describe('a histogram', () => {
  it('shows from the first to the last bar that counted', () => {
    expect(trimmed(BUCKETS).map(({ count }) => count)).toEqual([3, 0, 5]);
    expect(trimmed([])).toEqual([]);
  });

  it('keeps not measured apart from nothing measured', () => {
    expect(timed([])).toBeUndefined();
    expect(timed(BUCKETS.slice(0, 1))).toBe(0);
    expect(lifetimeSentence([], undefined)).toContain('only while the probes run');
    expect(lifetimeSentence([], 1)).toBe('No merge has ended yet that was timed.');
    expect(lifetimeSentence(BUCKETS.slice(0, 1), 1)).toBe('No merge has ended yet that was timed.');
  });
});

describe('merge lifetimes', () => {
  it('label bars by where they end', () => {
    expect(lifetimeBars(BUCKETS.slice(1, 4)).map(({ label }) => label)).toEqual(['< 32 ms', '< 64 ms', '≥ 64 ms']);
  });

  it('say by when half are over', () => {
    expect(lifetimeSentence([{ lower_ms: 0, upper_ms: 16, count: 9 }], 1)).toContain('half were over within 16 ms.');
    expect(lifetimeSentence(BUCKETS, 64)).toContain('half lasted 64 ms or longer; one page in 64 is timed.');
  });
});

describe('service times', () => {
  const service = {
    by: 'kretprobe',
    buckets: [
      { lower_ns: 0, upper_ns: 512, count: 1 },
      { lower_ns: 512, upper_ns: 4096, count: 1_000 },
      { lower_ns: 4096, count: 2 },
    ],
    p50_ns: 4096,
    p99_ns: 4096,
  };

  it('label bars in the unit that fits', () => {
    expect(serviceBars(service)).toEqual([
      { label: '< 512 ns', count: 1 },
      { label: '< 4.1 µs', count: 1_000 },
      { label: '≥ 4.1 µs', count: 2 },
    ]);
  });

  it('say how many, how they were timed, and what half and nearly all took', () => {
    expect(serviceSentence(service)).toBe(
      '1,003 breaks timed from entry to return of do_wp_page; half took less than 4.1 µs, 99 % less than 4.1 µs.',
    );
  });

  it('claim no share that lies in the bar without end, and nothing where nothing was timed', () => {
    const { p99_ns: _, ...open } = service;
    expect(serviceSentence(open)).toMatch(/half took less than 4\.1 µs\.$/);
    expect(serviceSentence(undefined)).toContain('not timed yet');
    expect(serviceSentence({ by: 'fentry', buckets: [] })).toContain('not timed yet');
  });
});
