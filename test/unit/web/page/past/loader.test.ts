import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError } from '../../../../../web/page/api.js';
import { Loader, type Question } from '../../../../../web/page/past/loader.js';

const START = 1_800_000_000_000;
let asked: { readonly url: string; readonly signal: AbortSignal | undefined }[] = [];
let answer: (url: string) => Promise<unknown>;
/** Answers are shared by all loaders: each test asks for fields of its own. */
let fields = 0;

class FakeApi extends Api {
  override get<T>(path: string, params = {}, signal?: AbortSignal): Promise<T> {
    const url = this.url(path, params);
    asked.push({ url, signal });
    return answer(url) as Promise<T>;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  asked = [];
  fields += 1;
  answer = (url) => Promise.resolve({ url });
});

afterEach(() => {
  vi.useRealTimers();
});

const live = (spanMs: number, toMs = Date.now()): Question => ({
  path: 'history',
  params: { fields: `f${fields}` },
  fromMs: toMs - spanMs,
  toMs,
  isLive: true,
});
const fixed = (fromMs: number, toMs: number): Question => ({ ...live(1), fromMs, toMs, isLive: false });
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(200);
const HOUR = 3_600_000;

describe('Loader', () => {
  it('asks once while the answer is fresh, and again when a fiftieth of the span has gone', async () => {
    const onChange = vi.fn();
    const loader = new Loader(new FakeApi(), onChange);
    loader.want(live(24 * HOUR));
    await settle();
    expect([loader.standing.state, onChange.mock.calls.length]).toEqual(['known', 1]);
    vi.setSystemTime(START + 20 * 60_000);
    loader.want(live(24 * HOUR));
    await settle();
    expect(asked).toHaveLength(1);
    vi.setSystemTime(START + 30 * 60_000);
    loader.want(live(24 * HOUR));
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('cancels what a newer question supersedes, and asks only the last of many', async () => {
    const loader = new Loader(new FakeApi(), () => undefined);
    let release: () => void = () => undefined;
    answer = () => new Promise((resolve) => (release = () => resolve('late')));
    loader.want(live(HOUR));
    await settle();
    const [first] = asked;
    answer = () => Promise.resolve('new');
    for (const span of [2, 3, 4]) loader.want(live(span * HOUR));
    expect(first?.signal?.aborted).toBe(true);
    release();
    await settle();
    expect(loader.answer?.value).toBe('new');
    expect(asked).toHaveLength(2);
  });

  it('knows the way back without a question', async () => {
    const loader = new Loader(new FakeApi(), () => undefined);
    loader.want(fixed(START - 5 * HOUR, START - 4 * HOUR));
    await settle();
    loader.want(fixed(START - 5 * HOUR, START - 4.5 * HOUR));
    await settle();
    expect(asked).toHaveLength(2);
    loader.want(fixed(START - 5 * HOUR, START - 4 * HOUR));
    expect(loader.standing.state).toBe('known');
    expect(loader.answer?.question.toMs).toBe(START - 4 * HOUR);
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('says a refusal, stays with it, and asks again later', async () => {
    const error = new ApiError({ code: 'HISTORY_OFF', message: 'no history', hint: 'Set it.', status: 503 });
    answer = () => Promise.reject(error);
    const onChange = vi.fn();
    const loader = new Loader(new FakeApi(), onChange);
    loader.want(live(HOUR));
    await settle();
    expect(loader.standing).toEqual({ state: 'refused', error });
    expect([error.isAbsence, onChange.mock.calls.length]).toEqual([true, 1]);
    loader.want(live(HOUR));
    await settle();
    expect(asked).toHaveLength(1);
    answer = () => Promise.resolve('there');
    vi.setSystemTime(START + 15_000);
    loader.want(live(HOUR));
    expect(loader.standing.state).toBe('refused');
    await settle();
    expect([loader.standing.state, loader.answer?.value]).toEqual(['known', 'there']);
  });

  it('asks nothing any more once it rests or has stopped', async () => {
    const onChange = vi.fn();
    const loader = new Loader(new FakeApi(), onChange);
    loader.want(live(HOUR));
    loader.rest();
    await settle();
    expect([asked.length, loader.standing.state]).toEqual([0, 'idle']);
    loader.want(live(HOUR));
    loader.stop();
    await settle();
    expect([asked.length, onChange.mock.calls.length]).toEqual([0, 0]);
  });
});
