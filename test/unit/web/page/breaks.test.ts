import { describe, expect, it } from 'vitest';
import type { CowBreaks__Output } from '../../../../proto/generated/ksmpilot/v1/CowBreaks.js';
import type { Host__Output } from '../../../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { breakRows, breaksSentence, breaksOf, tierSentence } from '../../../../web/page/breaks.js';

const COW: CowBreaks__Output = {
  tier: 'tracepoint',
  by_user: 70,
  by_kernel: 10,
  by_guest: 0,
  duty: { open: false, windows: 3, coverage: 0.08, cost_cores: 0.004, next_in_sec: 11.2 },
  service_time: null,
};
const FRAME: SampleFrame__Output = {
  dropped: 0,
  seq: 1,
  time_ms: 1,
  lost_events_total: 0,
  knobs: null,
  merge_lifetime: [],
  processes: [],
  cow: COW,
  cow_breaks_total: 1_000,
  cow_breaks_attributed_total: 80,
  cow_breaks_estimated_total: 900,
  cow_breaks_unattributed_total: 20,
};

function hostWith(state: string): Host__Output {
  return { probes: [{ name: 'cow', state, detail: '', restarts: 0 }] } as unknown as Host__Output;
}

describe('breakRows', () => {
  it('add up to the last one', () => {
    const values = breakRows(FRAME).map(({ value }) => Number(value.replaceAll(',', '')));
    const known = values.slice(0, -1).filter((value) => !Number.isNaN(value));
    expect(known.reduce((sum, value) => sum + value, 0)).toBe(values.at(-1));
  });

  it('say in words what a tier does not see, and that nothing is estimated', () => {
    const value = (frame: SampleFrame__Output | undefined, title: string): string | undefined =>
      breakRows(frame).find((row) => row.title === title)?.value;
    expect(value(FRAME, 'guest')).toBe('0');
    expect(value(FRAME, 'remote')).toBe('not seen');
    const { cow_breaks_estimated_total: _, ...exact } = FRAME;
    expect(value(exact, 'estimated')).toBe('none');
  });

  it('are unknown, not 0, with counters only and before the first sample; always the same rows', () => {
    for (const frame of [undefined, { ...FRAME, cow: null }]) {
      const rows = breakRows(frame);
      expect(rows.map(({ title }) => title)).toEqual(breakRows(FRAME).map(({ title }) => title));
      expect(rows.slice(0, 6).every(({ value }) => value === '–')).toBe(true);
    }
  });
});

describe('tierSentence', () => {
  it('tells scaled from counted', () => {
    expect(tierSentence(FRAME, undefined)).toBe(
      'Tracepoint tier, scaled to the exact total: 8.0 % were counted one by one; next window in 12 s.',
    );
    const exact = { ...FRAME, cow: { ...COW, tier: 'kprobe', duty: null } };
    expect(tierSentence(exact, undefined)).toBe('Kprobe tier: every break that it sees is counted, none is scaled.');
  });

  it.each([
    [{ open: true, next_in_sec: 0 }, 'a window is open'],
    [{ open: false, next_in_sec: 0 }, 'the next window opens when pages break'],
    [{ open: false }, 'no window is open'],
  ])('tells of the window: %j', (duty, words) => {
    const cow = { ...COW, duty: { windows: 1, cost_cores: 0, ...duty } };
    expect(tierSentence({ ...FRAME, cow }, undefined)).toContain(`none broke yet; ${words}.`);
  });

  it('tells a host that has counters only from one whose program is starting', () => {
    const frame = { ...FRAME, cow: null };
    expect(tierSentence(frame, hostWith('unavailable'))).toContain('Counters only');
    expect(tierSentence(frame, undefined)).toContain('Counters only');
    expect(tierSentence(frame, hostWith('starting'))).toContain('is starting');
    expect(tierSentence(undefined, undefined)).toContain('Waiting');
  });
});

describe('breaksSentence', () => {
  it('counts the estimated ones as charged', () => {
    expect(breaksSentence(FRAME)).toBe('1,000 breaks since the agent started, 980 of them charged to a process.');
  });

  it('never takes unknown for zero', () => {
    const { cow_breaks_total: _, ...unknown } = FRAME;
    expect(breaksSentence(unknown)).toContain('not known');
    const { cow_breaks_attributed_total: __, ...uncharged } = FRAME;
    expect(breaksSentence(uncharged)).toContain('none can be charged');
  });
});

describe('breaksOf', () => {
  const process = { pid: 1, comm: 'kvm', ended: false };
  it.each([
    [{ cow_breaks_total: 1_234, cow_breaks_seen: 99 }, '~1,234'],
    [{ cow_breaks_total: 1_234, cow_breaks_seen: 1_234 }, '1,234'],
    [{ cow_breaks_total: 0, cow_breaks_seen: 0 }, '0'],
    [{}, '–'],
  ])('%j is %s', (figures, text) => {
    expect(breaksOf({ ...process, ...figures })).toBe(text);
  });
});
