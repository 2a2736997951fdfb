import { describe, expect, it, vi } from 'vitest';
import {
  choiceOf,
  DAY_MS,
  LEAST_SPAN_MS,
  MINUTE_MS,
  MOST_SPAN_MS,
  TimeRange,
  USUAL_SPAN_MS,
  writeChoice,
} from '../../../../web/page/time-range.js';

const NOW = 1_800_000_000_000;

function rangeAt(now: { ms: number } = { ms: NOW }): TimeRange {
  return new TimeRange({ nowMs: () => now.ms });
}

describe('TimeRange', () => {
  it('moves on while it is live, and stands still once zoomed', () => {
    const now = { ms: NOW };
    const time = rangeAt(now);
    expect([time.fromMs, time.toMs]).toEqual([NOW - USUAL_SPAN_MS, NOW]);
    now.ms += 5_000;
    expect(time.toMs).toBe(NOW + 5_000);
    time.zoom(NOW - MINUTE_MS, NOW);
    now.ms += 5_000;
    expect([time.live, time.fromMs, time.toMs]).toEqual([false, NOW - MINUTE_MS, NOW]);
  });

  it('takes a drag from right to left, and none that is too short or too long', () => {
    const time = rangeAt();
    time.zoom(NOW, NOW - MINUTE_MS);
    expect([time.fromMs, time.toMs]).toEqual([NOW - MINUTE_MS, NOW]);
    time.zoom(NOW, NOW + 10);
    expect(time.spanMs).toBe(LEAST_SPAN_MS);
    time.last(10 * MOST_SPAN_MS);
    expect(time.spanMs).toBe(MOST_SPAN_MS);
  });

  it('goes back the way it came', () => {
    const time = rangeAt();
    time.last(DAY_MS);
    time.zoom(NOW - MINUTE_MS, NOW);
    expect(time.back()).toBe(true);
    expect([time.live, time.spanMs]).toEqual([true, DAY_MS]);
    expect(time.back()).toBe(true);
    expect(time.spanMs).toBe(USUAL_SPAN_MS);
    expect([time.canGoBack, time.back()]).toEqual([false, false]);
  });

  it('scales around a time, and a live range around its end', () => {
    const time = rangeAt();
    time.scale(2);
    expect([time.live, time.spanMs]).toEqual([true, 2 * USUAL_SPAN_MS]);
    time.zoom(NOW - 100_000, NOW);
    time.scale(0.5, NOW - 80_000);
    expect([time.fromMs, time.toMs]).toEqual([NOW - 90_000, NOW - 40_000]);
  });

  it('holds a live range where it is, and lets it go on with the same span', () => {
    const time = rangeAt();
    time.setLive(false);
    expect([time.live, time.fromMs, time.toMs]).toEqual([false, NOW - USUAL_SPAN_MS, NOW]);
    time.setLive(true);
    expect([time.live, time.spanMs]).toEqual([true, USUAL_SPAN_MS]);
  });

  it('tells of changes, and of no others', () => {
    const time = rangeAt();
    const told = vi.fn();
    const end = time.listen(told);
    time.last(DAY_MS);
    time.last(DAY_MS);
    time.restore({ live: true, spanMs: DAY_MS });
    expect(told).toHaveBeenCalledTimes(1);
    end();
    time.last(MINUTE_MS);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('has one cursor', () => {
    const time = rangeAt();
    const told = vi.fn();
    const end = time.listenToCursor(told);
    time.point(5);
    time.point(5);
    expect([time.cursorMs, told.mock.calls.length]).toEqual([5, 1]);
    end();
    time.point(undefined);
    expect([time.cursorMs, told.mock.calls.length]).toEqual([undefined, 1]);
  });
});

describe('the range in the address', () => {
  it.each([
    ['', undefined],
    ['from=1000&to=100000', { live: false, fromMs: 1_000, toMs: 100_000 }],
    ['last=3600', { live: true, spanMs: 3_600_000 }],
    ['from=2000&to=1000', undefined],
    ['from=x&to=1000', undefined],
    ['last=-5', undefined],
    ['last=0', undefined],
  ])('%j', (query, choice) => {
    expect(choiceOf(new URLSearchParams(query))).toEqual(choice);
  });

  it('is written and read back', () => {
    for (const choice of [
      { live: true, spanMs: DAY_MS },
      { live: false, fromMs: NOW - DAY_MS, toMs: NOW },
    ] as const) {
      const params = new URLSearchParams('sort=name&last=7');
      writeChoice(choice, params);
      expect(choiceOf(params)).toEqual(choice);
      expect(params.get('sort')).toBe('name');
    }
  });

  it('leaves no trace of the usual one', () => {
    const params = new URLSearchParams('last=60');
    writeChoice({ live: true, spanMs: USUAL_SPAN_MS }, params);
    expect(params.toString()).toBe('');
  });
});
