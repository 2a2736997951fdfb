import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_STREAMS } from '../../../../web/gateway/router.js';
import { FakeAgent } from '../../../helpers/fake-agent.js';
import { startFakePage, type FakePage } from '../../../helpers/fake-page.js';
import { ask, open, readEvents, type SseEvent } from '../../../helpers/http.js';

let page: FakePage | undefined;

afterEach(async () => {
  await page?.stop();
  page = undefined;
});

interface Frame {
  readonly seq: number;
  readonly time_ms: number;
  readonly dropped: number;
  readonly merge_lifetime: readonly unknown[];
}

const samplesOf = (events: readonly SseEvent[]): Frame[] =>
  events.filter(({ event }) => event === 'sample').map(({ data }) => data as Frame);
const has = (events: readonly SseEvent[], name: string): boolean => events.some(({ event }) => event === name);
const isConnected = ({ event, data }: SseEvent): boolean =>
  event === 'agent' && (data as { state: string }).state === 'connected';

describe('a feed', () => {
  it('tells the history, then what happens, then who there is', async () => {
    page = await startFakePage({ historySec: 120, intervalMs: 100 });
    const res = await open({ port: page.port, path: '/api/stream?look_back_sec=60' });
    expect(res.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const events = await readEvents(
      res,
      (all) =>
        samplesOf(all).length > 65 &&
        ['agent', 'host', 'tuner', 'processes', 'guests', 'event'].every((name) => has(all, name)),
    );
    const samples = samplesOf(events);
    expect(Date.now() - (samples[0]?.time_ms ?? 0)).toBeLessThan(63_000);
    for (let at = 1; at < samples.length; at += 1) {
      expect(samples[at]?.time_ms).toBeGreaterThan(samples[at - 1]?.time_ms ?? Infinity);
    }
    // Only the newest frames carry what only the newest can show.
    expect(samples[0]?.merge_lifetime).toEqual([]);
    expect(samples.at(-1)?.merge_lifetime).not.toEqual([]);
    expect(events.find(({ event }) => event === 'sample')?.id).toBe(String(samples[0]?.time_ms));
    expect(page.agent.lookBacks).toEqual([60]);
  });

  it('tells anew what the host lacks, since that changes with the knobs', async () => {
    page = await startFakePage({ historySec: 5, intervalMs: 200 });
    const res = await open({ port: page.port, path: '/api/stream?look_back_sec=0' });
    // Those of the connection, and of the events that it begins with, are long past then.
    await readEvents(res, (all) => {
      const late = all.findIndex((_event, index) => samplesOf(all.slice(0, index)).length > 15);
      return late >= 0 && has(all.slice(late), 'host');
    });
    res.destroy();
  }, 15_000);

  it('goes on where a browser that comes back left off', async () => {
    page = await startFakePage({ historySec: 120, intervalMs: 200 });
    const last = Date.now() - 10_000;
    const res = await open({
      port: page.port,
      path: '/api/stream?look_back_sec=900',
      headers: { 'Last-Event-ID': String(last) },
    });
    const samples = samplesOf(await readEvents(res, (all) => samplesOf(all).length > 10));
    expect(samples[0]?.time_ms).toBeGreaterThan(last);
    expect(samples[0]?.time_ms).toBeLessThan(last + 2_000);
  });

  it('says that the agent is lost, and comes back by itself without repeating a sample', async () => {
    const first = await startFakePage({ historySec: 20, intervalMs: 100 });
    page = first;
    const res = await open({ port: first.port, path: '/api/stream?look_back_sec=5' });
    let isStopped = false;
    let isBack = false;
    let second: FakeAgent | undefined;
    try {
      const events = await readEvents(res, (all) => {
        if (!isStopped && samplesOf(all).length > 8) {
          isStopped = true;
          first.agent.stop();
        }
        const lost = all.findIndex(
          ({ event, data }) => event === 'agent' && (data as { state: string }).state === 'lost',
        );
        if (lost >= 0 && !isBack) {
          isBack = true;
          second = new FakeAgent({ port: first.agentPort, historySec: 20, intervalMs: 100 });
          void second.start();
        }
        return lost >= 0 && samplesOf(all.slice(lost)).length > 3 && all.slice(lost).some(isConnected);
      });
      const times = samplesOf(events).map(({ time_ms }) => time_ms);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      const reason = events.find(({ data }) => (data as { state?: string }).state === 'lost');
      expect((reason?.data as { detail: string }).detail).not.toBe('');
    } finally {
      second?.stop();
    }
  });

  it('lets a slow browser lose the oldest samples, counted, and holds nothing for it', async () => {
    // About 100 kB a frame at 200 a second: 20 MB a second, far more than sockets hold.
    page = await startFakePage({ historySec: 1, intervalMs: 5, buckets: 2_000 });
    const res = await open({ port: page.port, path: '/api/stream?look_back_sec=0' });
    res.pause();
    await sleep(3_000);
    const samples = samplesOf(await readEvents(res, (all) => (samplesOf(all).at(-1)?.dropped ?? 0) > 50));
    const [first, newest] = [samples[0], samples.at(-1)];
    // What did not come is what is counted as lost: nothing was kept for later.
    expect((newest?.seq ?? 0) - (first?.seq ?? 0) + 1 - samples.length).toBe(newest?.dropped);
    res.destroy();
  });

  it('leaves nothing behind when browsers go', async () => {
    page = await startFakePage({ historySec: 5 });
    const { port, agent } = page;
    const streams = await Promise.all(Array.from({ length: 4 }, () => open({ port, path: '/api/stream' })));
    await expect.poll(() => agent.readers).toBe(4);
    for (const res of streams) res.destroy();
    await expect.poll(() => agent.readers).toBe(0);
    expect((await ask({ port, path: '/healthz' })).json).toEqual({ ok: true, streams: 0 });
  });

  it('is given to so many browsers at once and no more', async () => {
    page = await startFakePage({ historySec: 1 });
    const { port } = page;
    const path = '/api/stream?look_back_sec=0';
    const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, () => open({ port, path })));
    const refused = await ask({ port, path });
    expect(refused.status).toBe(503);
    expect(refused.json).toMatchObject({ hint: 'Close one of them.' });
    streams[0]?.destroy();
    await expect
      .poll(async () => {
        const res = await open({ port, path });
        res.destroy();
        return res.statusCode;
      })
      .toBe(200);
    for (const res of streams) res.destroy();
  });

  it.each(['-1', '1.5', '86401', 'x', '', '1e3'])('names look_back_sec=%s as wrong', async (value) => {
    page = await startFakePage({ historySec: 1 });
    const { status, json } = await ask({ port: page.port, path: `/api/stream?look_back_sec=${value}` });
    expect(status).toBe(400);
    expect((json as { message: string }).message).toContain('look_back_sec');
  });

  it('ends when the gateway stops', async () => {
    page = await startFakePage({ historySec: 5 });
    const res = await open({ port: page.port, path: '/api/stream' });
    const ended = readEvents(res, () => false);
    await page.gateway.stop();
    await expect(ended).rejects.toThrow(/ended|aborted|hang up/);
  });
});
