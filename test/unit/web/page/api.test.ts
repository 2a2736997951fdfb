import { afterEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError } from '../../../../web/page/api.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

function fetching(status: number, body: string): ReturnType<typeof vi.fn> {
  const fetcher = vi.fn(() => Promise.resolve(new Response(body, { status })));
  vi.stubGlobal('fetch', fetcher);
  return fetcher;
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('Api', () => {
  it('puts agent and parameters into the address, and leaves out what is undefined', () => {
    const api = new Api();
    expect(api.url('guests/why', { guest: 'a/b c', points: undefined })).toBe('api/guests/why?guest=a%2Fb+c');
    api.setAgent('hv-2');
    expect(api.url('host')).toBe('api/host?agent=hv-2');
  });

  it('gives what is answered, and posts JSON', async () => {
    const fetcher = fetching(200, '{"mode":"MODE_AUTO"}');
    expect(await new Api().post('mode', { mode: 'auto' })).toEqual({ mode: 'MODE_AUTO' });
    expect(fetcher.mock.calls[0]).toEqual([
      'api/mode',
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"mode":"auto"}' },
    ]);
  });

  it('rejects with code, message and hint of a refusal', async () => {
    fetching(503, '{"code":"HISTORY_OFF","message":"no history","hint":null}');
    const error = await caught(new Api().get('history'));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'HISTORY_OFF', message: 'no history', hint: undefined, status: 503 });
  });

  it('has words for an answer that is none, and for no answer', async () => {
    fetching(502, '<html>');
    expect(await caught(new Api().get('history'))).toMatchObject({ code: 'INTERNAL', status: 502 });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await caught(new Api().get('history'))).toMatchObject({ code: 'UNREACHABLE', status: 0 });
  });

  it('passes a cancelled question on as it is', async () => {
    const reason = new DOMException('aborted', 'AbortError');
    vi.stubGlobal('fetch', () => Promise.reject(reason));
    expect(await caught(new Api().get('history', {}, AbortSignal.abort()))).toBe(reason);
  });
});
