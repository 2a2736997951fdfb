import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError } from '../../../../../web/page/api.js';
import { RingSource } from '../../../../../web/page/charts/source.js';
import { SeriesRing } from '../../../../../web/page/series.js';
import { emptyState } from '../../../../../web/page/state.js';
import { TimeRange } from '../../../../../web/page/time-range.js';
import type { App } from '../../../../../web/page/view.js';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
let asked: string[] = [];
let lookBacks: number[] = [];
let answer: () => Promise<unknown>;

class FakeApi extends Api {
  override get<T>(path: string, params = {}): Promise<T> {
    asked.push(this.url(path, params));
    return answer() as Promise<T>;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  [asked, lookBacks] = [[], []];
});

afterEach(() => {
  vi.useRealTimers();
});

/** @param name a column that no other test asks for, since answers are shared */
function sourceOf(name: string): { readonly source: RingSource; readonly time: TimeRange } {
  const time = new TimeRange({ nowMs: () => NOW });
  const ring = new SeriesRing<string>({ columns: [name], capacity: 1_000 });
  for (let ms = NOW - 900_000; ms <= NOW; ms += 1_000) ring.push(ms, { [name]: 1 });
  const app = {
    state: emptyState(),
    api: new FakeApi(),
    time,
    nowMs: NOW,
    redraw: () => undefined,
    lookBack: (sec: number) => lookBacks.push(sec),
  };
  return { source: new RingSource({ app: app as unknown as App, ring }), time };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(200);

describe('RingSource', () => {
  it('asks nothing where the ring holds the range', async () => {
    const { source } = sourceOf('held');
    source.want(['held']);
    await settle();
    // Where the history begins nobody asked, and the range does not reach there.
    expect([asked.length, source.isAsking, source.oldestMs]).toEqual([0, false, undefined]);
  });

  it('asks the history for the rest, and knows where it begins', async () => {
    const { source, time } = sourceOf('asked');
    const column = { name: 'asked', mean: [7], min: [], max: [] };
    answer = () =>
      Promise.resolve({ resolution_ms: 60_000, time_ms: [NOW - HOUR], columns: [column], oldest_ms: 5, problem: '' });
    time.last(HOUR);
    source.want(['asked', 'asked']);
    expect(source.isAsking).toBe(true);
    await settle();
    const query = new URLSearchParams(asked[0]?.split('?')[1]);
    expect([asked.length, query.get('fields'), query.get('from_ms')]).toEqual([1, 'asked', String(NOW - HOUR)]);
    expect(source.oldestMs).toBe(5);
    const { values } = source.read(['asked'], NOW - HOUR, NOW, 100);
    expect([values[0]?.[0], values[0]?.at(-1)]).toEqual([7, 1]);
  });

  it('falls back on what the agent holds in memory where no history is kept', async () => {
    const { source, time } = sourceOf('refused');
    const error = new ApiError({ code: 'HISTORY_OFF', message: 'no history', status: 503 });
    answer = () => Promise.reject(error);
    time.last(24 * HOUR);
    source.want(['refused']);
    await settle();
    source.want(['refused']);
    expect(source.refusal).toBe(error);
    expect(source.oldestMs).toBe(NOW - 900_000);
    // As long as a ring of the page is.
    expect(lookBacks).toEqual([6 * 3_600]);
  });
});
