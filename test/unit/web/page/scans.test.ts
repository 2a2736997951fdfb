import { describe, expect, it } from 'vitest';
import { cpuPer, plannedRate, scanRow, SCAN_COLUMNS, summaryOf } from '../../../../web/page/scans.js';
import { event, fullScan } from '../../../helpers/page-events.js';

describe('scanRow', () => {
  it('takes a full scan, and no other event', () => {
    const scan = fullScan(7, 30, { merges_new: 2, merges_zero: 1, failures: 4, removals: 5 });
    expect(scanRow(event(1, 'EVENT_KIND_FULL_SCAN', { full_scan: scan }))).toEqual({
      duration_ms: 500,
      cpu_ms: 10,
      rmap_items: 90,
      merges: 33,
      failures: 4,
      removals: 5,
    });
    expect(scanRow(event(1, 'EVENT_KIND_MODE'))).toBeUndefined();
  });
});

describe('summaryOf', () => {
  it('sums what scans did, and leaves gaps out', () => {
    const columns: Record<string, (number | null)[]> = {
      duration_ms: [100, null, 300, 200],
      cpu_ms: [1, null, 2, 3],
      rmap_items: [9, null, 9, 9],
      merges: [10, null, 0, 5],
      failures: [0, null, 1, 0],
      removals: [0, null, 0, 2],
    };
    expect(summaryOf(SCAN_COLUMNS.map((name) => columns[name] ?? []))).toEqual({
      scans: 3,
      medianMs: 200,
      longestMs: 300,
      cpuMs: 6,
      merges: 15,
      failures: 1,
      removals: 2,
    });
  });

  it('has none where there was no scan', () => {
    expect(summaryOf(SCAN_COLUMNS.map(() => []))).toBeUndefined();
  });
});

describe('plannedRate', () => {
  it.each([
    [[1, 100, 20], 5_000],
    [[0, 100, 20], 0],
    [[null, 100, 20], 5_000],
    [[1, 100, 0], null],
    [[1, null, 20], null],
  ])('%j', (row, rate) => {
    expect(plannedRate(row)).toBe(rate);
  });
});

describe('cpuPer', () => {
  it.each([
    // 10 % of a core is 100,000 µs a second.
    [[10, 50_000], 2],
    [[10, 0.5], null],
    [[null, 50_000], null],
    [[10, null], null],
  ])('%j', (row, cost) => {
    expect(cpuPer(row)).toBe(cost);
  });
});
