import { describe, expect, it } from 'vitest';
import type { CowBreaks__Output } from '../../../proto/generated/ksmpilot/v1/CowBreaks.js';
import type { SampleFrame__Output } from '../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../../proto/generated/ksmpilot/v1/Status.js';
import { breakLines, estimateNote, formatBreaks, writerLines } from '../../../src/cli/format-breaks.js';

const SCALED: CowBreaks__Output = {
  tier: 'tracepoint',
  by_user: 70,
  by_kernel: 10,
  by_guest: 0,
  duty: { open: false, windows: 3, coverage: 0.08, cost_cores: 0.004, next_in_sec: 12 },
  service_time: null,
};
const EXACT: CowBreaks__Output = { ...SCALED, tier: 'kprobe', by_remote: 0, by_unmerge: 512, by_pin: 3, duty: null };

function statusOf(
  cow: CowBreaks__Output | null,
  state = 'running',
  frame: Partial<SampleFrame__Output> = {},
): Status__Output {
  return {
    mode: 'MODE_OBSERVE',
    paused: false,
    baseline: null,
    decision: null,
    probes: [{ name: 'cow', state, detail: '', restarts: 0 }],
    sample: {
      dropped: 0,
      seq: 1,
      time_ms: 1,
      lost_events_total: 0,
      knobs: null,
      merge_lifetime: [],
      processes: [],
      cow,
      cow_breaks_total: 1_000,
      cow_breaks_per_sec: 41,
      zero_breaks_total: 2,
      ...frame,
    },
  };
}
const line = (status: Status__Output, name: string): string | undefined =>
  [...breakLines(status), ...writerLines(status)].find(([found]) => found === name)?.[1];

describe('breakLines', () => {
  it('tells how many, now and altogether', () => {
    expect(line(statusOf(EXACT), 'COW breaks')).toBe("1,000 since the agent's start, now 41/s; zero-page breaks 2");
  });

  it('tells scaled from counted', () => {
    const figures = {
      cow_breaks_attributed_total: 80,
      cow_breaks_estimated_total: 900,
      cow_breaks_unattributed_total: 20,
    };
    expect(line(statusOf(SCALED, 'running', figures), 'charged')).toBe(
      '980 to processes, 20 to nobody; tracepoint tier, scaled to the exact total (8.0 % counted, next window in 12 s)',
    );
    const counted = { cow_breaks_attributed_total: 1_000, cow_breaks_unattributed_total: 0 };
    expect(line(statusOf(EXACT, 'running', counted), 'charged')).toBe(
      '1,000 to processes, 0 to nobody; kprobe tier, counted',
    );
  });

  it.each([
    [{ open: true, next_in_sec: 0 }, '(- counted, window open)'],
    [{ open: false, next_in_sec: 0 }, '(- counted, next window when pages break)'],
    [{ open: false }, '(- counted, no window open)'],
  ])('tells of the window: %j', (duty, words) => {
    const cow = { ...SCALED, duty: { windows: 0, cost_cores: 0, ...duty } };
    expect(line(statusOf(cow), 'charged')).toContain(words);
  });

  it('says so where there are counters only, and where the first counts are to come', () => {
    expect(line(statusOf(null, 'unavailable'), 'charged')).toContain('counters only');
    expect(line(statusOf(null, 'starting'), 'charged')).toContain('the first counts are to come');
    expect(line({ ...statusOf(null), sample: null }, 'COW breaks')).toContain('-');
  });

  it('names writers that the tier does not see, and only those', () => {
    expect(line(statusOf(SCALED), 'counted, by')).toBe(
      'user 70, kernel 10, guest 0; this tier does not see remote, unmerge, pin',
    );
    expect(line(statusOf(EXACT), 'counted, by')).toBe('user 70, kernel 10, guest 0, remote 0, unmerge 512, pin 3');
    expect(line(statusOf(null), 'counted, by')).toBeUndefined();
  });

  it('tells how long breaks take and merges last, where that is known', () => {
    const service_time = {
      by: 'kretprobe',
      buckets: [
        { lower_ns: 2048, upper_ns: 4096, count: 1_200 },
        { lower_ns: 4096, upper_ns: 131_072, count: 3 },
      ],
      p50_ns: 4096,
      p99_ns: 131_072,
    };
    const status = statusOf({ ...EXACT, service_time }, 'running', {
      merge_lifetime_p50_ms: 32_768,
      lifetime_sampled_one_in: 4,
    });
    expect(line(status, 'break takes')).toBe('half below 4.1 µs, 99 % below 131 µs; 1,203 timed by kretprobe');
    expect(line(status, 'merges last')).toBe('half of those that ended, below 33 s; one page in 4 is timed');
    expect(line(statusOf(EXACT), 'break takes')).toBeUndefined();
    expect(line(statusOf(EXACT), 'merges last')).toBeUndefined();
  });
});

describe('the figures of a process', () => {
  const process = { pid: 1, comm: 'kvm', ended: false };
  const scaled = { ...process, cow_breaks_total: 1_234, cow_breaks_seen: 99 };
  const counted = { ...process, cow_breaks_total: 99, cow_breaks_seen: 99 };

  it('carry a ~ where they are scaled, and the note says what it means', () => {
    expect([scaled, counted, process].map(formatBreaks)).toEqual(['~1,234', '99', '-']);
    expect(estimateNote([counted, scaled], SCALED)).toBe(
      '~ is scaled to the exact total; 8.0 % of the breaks were counted one by one',
    );
    expect(estimateNote([counted, process], SCALED)).toBeUndefined();
  });
});
