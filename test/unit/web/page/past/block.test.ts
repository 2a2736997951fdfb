import { describe, expect, it } from 'vitest';
import { blockOf, type HistoryAnswer } from '../../../../../web/page/past/block.js';

const answer = (extra: Partial<HistoryAnswer>): HistoryAnswer => ({
  resolution_ms: 60_000,
  time_ms: [],
  columns: [],
  problem: '',
  ...extra,
});

describe('blockOf', () => {
  it('puts points at the middle of their time', () => {
    const block = blockOf(
      answer({
        time_ms: [0, 60_000],
        columns: [{ name: 'saved_bytes', mean: [1, null], min: [0, null], max: [2, null] }],
        oldest_ms: 5,
      }),
      0,
      120_000,
    );
    expect(block.times).toEqual([30_000, 90_000]);
    expect(block.columns.get('saved_bytes')).toEqual({ mean: [1, null], low: [0, null], high: [2, null] });
    expect(block.oldestMs).toBe(5);
  });

  it('leaves a gap where points are missing, in every column', () => {
    const block = blockOf(
      answer({ time_ms: [0, 240_000], columns: [{ name: 'a', mean: [1, 2], min: [], max: [] }] }),
      0,
      300_000,
    );
    expect(block.columns.get('a')?.mean).toEqual([1, null, 2]);
    expect(block.columns.get('a')?.low).toBeUndefined();
    expect(block.times).toEqual([30_000, 60_000, 270_000]);
  });

  it('takes a late sample for no gap', () => {
    const { times } = blockOf(answer({ resolution_ms: 1_000, time_ms: [0, 1_000, 3_200, 9_000] }), 0, 9_000);
    expect(times).toHaveLength(5);
  });

  it('knows nothing of a history that has not begun', () => {
    expect(blockOf(answer({ oldest_ms: null }), 0, 1).oldestMs).toBeUndefined();
  });
});
