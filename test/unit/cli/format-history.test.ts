import { describe, expect, it } from 'vitest';
import type { History__Output } from '../../../proto/generated/ksmpilot/v1/History.js';
import { fieldLines, formatField, historyJson, sparkline, summaryLines } from '../../../src/cli/format-history.js';

const NAN = Number.NaN;
const MIN = 60_000;
const PLAIN = { bold: same, dim: same, red: same, green: same, yellow: same };

function same(text: string): string {
  return text;
}

const HISTORY: History__Output = {
  resolution_ms: MIN,
  time_ms: [0, MIN, 3 * MIN].map((ms) => Date.UTC(2026, 10, 21, 12) + ms),
  columns: [
    { name: 'saved_bytes', mean: [1024, NAN, 4096], min: [0, NAN, 2048], max: [2048, NAN, 8192] },
    { name: 'merges_total', mean: [1, 2, 3], min: [], max: [] },
    { name: 'net_cores', mean: [NAN, NAN, NAN], min: [NAN, NAN, NAN], max: [NAN, NAN, NAN] },
  ],
  oldest_ms: 5,
  problem: '',
};

describe('a sparkline', () => {
  it('has a character a point: from the lowest to the highest, a blank for what is not known', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([-4, NAN, 4])).toBe('▁ █');
    expect(sparkline([5, 5])).toBe('▁▁');
    expect(sparkline([NAN])).toBe(' ');
    expect(sparkline([])).toBe('');
  });
});

describe('a figure', () => {
  it.each([
    ['saved_bytes', 2 ** 20, '1.0 MiB'],
    ['profit_bytes', -1024, '-1.0 KiB'],
    ['ksmd_cpu_pct', 12.34, '12.3 %'],
    ['scan_pages_per_sec', 1234, '1,234 pages/s'],
    ['cow_breaks_per_sec', 2.5, '2.5/s'],
    ['net_cores', 0.25, '+0.25 cores'],
    ['worth_per_hour', -0.25, '-0.25 cores'],
    ['merges_total', 1234, '1,234'],
    ['knobs.run', 1, '1'],
    ['saved_bytes', NAN, '-'],
  ])('of %s has its unit', (name, value, text) => {
    expect(formatField(name, value)).toBe(text);
  });
});

describe('the past as text', () => {
  it('is a line a field, without those that were never known', () => {
    const [, head, saved, merges, ...rest] = summaryLines(HISTORY, PLAIN);
    expect(head).toMatch(/^FIELD +LAST +LEAST +MEAN +MOST +COURSE$/);
    expect(saved).toMatch(/^saved_bytes +4\.0 KiB +0 B +2\.5 KiB +8\.0 KiB +▁ █$/);
    expect(merges).toMatch(/^merges_total +3 +▁▅█$/);
    expect(rest).toEqual([]);
  });

  it('of one field is a line a point', () => {
    const [column] = HISTORY.columns;
    const lines = fieldLines(HISTORY, column ?? { name: '', mean: [], min: [], max: [] });
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^\d\d:00:00 +1\.0 KiB +0 B +2\.0 KiB +▁$/);
    expect(lines[2]).toMatch(/^\d\d:01:00 +- +- +-$/);
  });
});

describe('the past as JSON', () => {
  it('has null for what is not known', () => {
    expect(historyJson(HISTORY)).toEqual({
      resolution_ms: MIN,
      oldest_ms: 5,
      problem: null,
      time_ms: HISTORY.time_ms,
      fields: {
        saved_bytes: { mean: [1024, null, 4096], min: [0, null, 2048], max: [2048, null, 8192] },
        merges_total: { mean: [1, 2, 3] },
        net_cores: { mean: [null, null, null], min: [null, null, null], max: [null, null, null] },
      },
    });
  });
});
