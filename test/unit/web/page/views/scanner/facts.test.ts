import { describe, expect, it } from 'vitest';
import type { SampleFrame__Output } from '../../../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { batchSentence, scannerFacts } from '../../../../../../web/page/views/scanner/facts.js';

const frame = (knobs: object, extra: object = {}): SampleFrame__Output =>
  ({ knobs, ...extra }) as unknown as SampleFrame__Output;

describe('batchSentence', () => {
  it.each([
    [undefined, 'Waiting for the first sample.'],
    [frame({ run: 0 }), 'ksmd is stopped (run is 0).'],
    [frame({ run: 2 }), 'ksmd is stopped and everything is unmerged (run is 2).'],
    [frame({ run: 1, pages_to_scan: 100 }), 'What the knobs ask for is not known.'],
    [
      frame({ run: 1, pages_to_scan: 100, sleep_millisecs: 20 }),
      '100 pages a batch, 20 ms of sleep after each: – pages/s measured.',
    ],
    [
      frame({ run: 1, pages_to_scan: 100, sleep_millisecs: 20 }, { scan_pages_per_sec: 4_000 }),
      '100 pages a batch, 20 ms of sleep after each: at most 5.00 k pages/s, 4.00 k pages/s measured (80.0 %); a batch takes about 5 ms.',
    ],
    [
      frame({ run: 1, pages_to_scan: 100, sleep_millisecs: 20 }, { scan_pages_per_sec: 0 }),
      '100 pages a batch, 20 ms of sleep after each: at most 5.00 k pages/s; none are scanned now.',
    ],
  ])('%#', (sample, text) => {
    expect(batchSentence(sample)).toBe(text);
  });
});

describe('scannerFacts', () => {
  it('has the same rows whatever is known', () => {
    const none = scannerFacts(undefined, undefined);
    const summary = { scans: 3, medianMs: 200, longestMs: 300, cpuMs: 6, merges: 15, failures: 1, removals: 2 };
    const some = scannerFacts(frame({}, { ksmd_cpu_pct: 10, scan_pages_per_sec: 50_000 }), summary);
    expect(none.map(({ title }) => title)).toEqual(some.map(({ title }) => title));
    expect(none.every(({ value }) => value === '–')).toBe(true);
    expect(some.find(({ title }) => title === 'CPU for a page, now')?.value).toBe('2 µs');
    expect(some.find(({ title }) => title === 'Merges that failed')?.value).toBe('1');
  });
});
