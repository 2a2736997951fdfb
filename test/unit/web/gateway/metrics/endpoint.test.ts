import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Guest } from '../../../../../proto/generated/ksmpilot/v1/Guest.js';
import { MetricsEndpoint } from '../../../../../web/gateway/metrics/endpoint.js';
import { MAX_GUESTS } from '../../../../../web/gateway/metrics/families/guests.js';
import type { MetricsAgent } from '../../../../../web/gateway/metrics/reading.js';
import { startFakePage, type FakePage } from '../../../../helpers/fake-page.js';
import { ask, open } from '../../../../helpers/http.js';
import { servedBy } from '../../../../helpers/serve.js';

const running: { stop(): Promise<void> | void }[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function page(...options: Parameters<typeof startFakePage>): Promise<FakePage> {
  const started = await startFakePage(...options);
  running.push(started);
  return started;
}

/** Values of a metric's series by their labels. */
function seriesOf(body: string, name: string): Record<string, string> {
  const lines = [...body.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'))];
  return Object.fromEntries(lines.map(([, labels = '', value = '']) => [labels, value]));
}

// Thousands of guests on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

describe('GET /metrics', () => {
  it('is text for a browser and OpenMetrics for who asks for it, with the same series', async () => {
    const { port } = await page({ historySec: 30 });
    const text = await ask({ port, path: '/metrics' });
    expect(text.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.headers['cache-control']).toBe('no-store');
    expect(text.headers.vary).toBe('Accept, Accept-Encoding');
    const open = await ask({ port, path: '/metrics', headers: { Accept: 'application/openmetrics-text' } });
    expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.body).toMatch(/\n# EOF\n$/);
    const series = (body: string): string[] => body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series(open.body)).toEqual(series(text.body));
  });

  it('is compressed for who takes that', async () => {
    const { port } = await page();
    const plain = await ask({ port, path: '/metrics' });
    const res = await open({ port, path: '/metrics', headers: { 'Accept-Encoding': 'gzip' } });
    const chunks: Buffer[] = [];
    for await (const chunk of res as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(res.headers['content-encoding']).toBe('gzip');
    expect(Number(res.headers['content-length'])).toBe(Buffer.concat(chunks).length);
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(plain.body);
  });

  it('takes GET and HEAD, and says which guests may be asked for', async () => {
    const { port } = await page();
    expect((await ask({ port, path: '/metrics', method: 'POST' })).status).toBe(405);
    const head = await ask({ port, path: '/metrics', method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    const wrong = await ask({ port, path: '/metrics?guests=constructor' });
    expect(wrong.status).toBe(400);
    expect(wrong.json).toMatchObject({ hint: expect.stringContaining('guests=named') as string });
  });

  it('says that an agent is away, and tells nothing else of it', async () => {
    const { port } = await page({}, { agents: [{ name: 'gone', address: '127.0.0.1:1' }] });
    const { status, body } = await ask({ port, path: '/metrics' });
    expect(status).toBe(200);
    expect(seriesOf(body, 'ksmpilot_up')).toEqual({ '': '0' });
    const names = new Set(body.match(/^ksmpilot_\w+/gm));
    expect([...names]).toEqual(['ksmpilot_up', 'ksmpilot_agent_read_success']);
  });

  it('is not for a page of another site', async () => {
    const { port } = await page();
    expect((await ask({ port, path: '/metrics', headers: { Host: 'evil.example' } })).status).toBe(403);
    expect((await ask({ port, path: '/metrics', headers: { Origin: 'http://evil.example' } })).status).toBe(403);
  });
});

describe('guests', () => {
  const guests: Guest[] = [
    { kind: 'libvirt', name: 'web', id: 'u1', identity: 'libvirt/u1', saved_bytes: 10, mergeable_bytes: 100 },
    { kind: 'process', name: 'sh', id: '7@1', identity: 'process/7@1', saved_bytes: 5, mergeable_bytes: 50 },
    { kind: 'unknown', name: 'x', id: '8@1', identity: 'unknown/8@1' },
  ];

  it.each([
    ['', ['libvirt/u1', 'process/7@1', 'unknown/8@1'], '0'],
    ['?guests=1', ['libvirt/u1', 'process/7@1', 'unknown/8@1'], '0'],
    ['?guests=named', ['libvirt/u1'], '2'],
    ['?guests=0', [], '3'],
  ])('with %s have series of their own: %j', async (query, identities, leftOut) => {
    const { port } = await page({ guests: { time_ms: 1, guests, pending: 0 } });
    const { body } = await ask({ port, path: `/metrics${query}` });
    const known = Object.keys(seriesOf(body, 'ksmpilot_guest_info')).map(
      (labels) => /guest="([^"]*)"/.exec(labels)?.[1],
    );
    expect(known).toEqual(identities);
    expect(seriesOf(body, 'ksmpilot_guests_left_out')).toEqual({ '': leftOut });
    // Sums over all are told whoever is left out.
    expect(seriesOf(body, 'ksmpilot_mergeable_bytes')).toEqual({ '': '150' });
    expect(Object.values(seriesOf(body, 'ksmpilot_guests'))).toEqual(['1', '1', '1']);
  });

  it('are told by labels that stay; the name is in one place alone', async () => {
    const { port } = await page();
    const { body } = await ask({ port, path: '/metrics' });
    expect(body.match(/name="web-1"/g)).toHaveLength(1);
    for (const line of body.match(/^ksmpilot_guest_(?!info|merge\{).*$/gm) ?? []) {
      expect(line).toMatch(/^\w+\{guest="[^"]*"\} \S+$/);
    }
  });

  it('have an upper bound, and the same ones are told each time', async () => {
    const identity = (index: number): string => `libvirt/${String(index).padStart(5, '0')}`;
    const many = Array.from({ length: MAX_GUESTS + 3 }, (_, index) => ({
      kind: 'libvirt',
      identity: identity(MAX_GUESTS + 2 - index),
      saved_bytes: 1,
    }));
    const { port } = await page({ guests: { time_ms: 1, guests: many, pending: 0 } });
    const { body } = await ask({ port, path: '/metrics' });
    const told = Object.keys(seriesOf(body, 'ksmpilot_guest_saved_bytes'));
    expect(told).toHaveLength(MAX_GUESTS);
    expect([told[0], told.at(-1)]).toEqual([`{guest="${identity(0)}"}`, `{guest="${identity(MAX_GUESTS - 1)}"}`]);
    expect(seriesOf(body, 'ksmpilot_guests_left_out')).toEqual({ '': '3' });
  });
});

describe('agents', () => {
  /** Counts what it is asked, and answers only when it is let. */
  class CountingAgent implements MetricsAgent {
    readonly asked: string[] = [];
    readonly bearers = new Set<string | undefined>();
    isSilent = false;
    #answer(call: string, who: string | undefined): Promise<never> {
      this.asked.push(call);
      this.bearers.add(who);
      if (this.isSilent) return new Promise(() => undefined);
      return Promise.reject(new Error('not known'));
    }
    host(who: string | undefined): Promise<never> {
      return this.#answer('host', who);
    }
    status(who: string | undefined): Promise<never> {
      return this.#answer('status', who);
    }
    tuner(who: string | undefined): Promise<never> {
      return this.#answer('tuner', who);
    }
    guests(who: string | undefined): Promise<never> {
      return this.#answer('guests', who);
    }
  }

  async function serve(
    agents: Record<string, CountingAgent>,
    now: () => number,
    answerWithinMs = 1_000,
  ): Promise<number> {
    const endpoint = new MetricsEndpoint({ now, answerWithinMs });
    const server = await servedBy((req, res) => {
      const asked = Object.entries(agents).map(([name, client]) => ({ name, client, who: req.headers.authorization }));
      return endpoint.answer(req, res, new URLSearchParams(), asked);
    });
    running.push(server);
    return server.port;
  }

  it('are asked once a second, however many scrape', async () => {
    const agent = new CountingAgent();
    let nowMs = 0;
    const port = await serve({ a: agent }, () => nowMs);
    const scrape = (accept: string) => ask({ port, path: '/metrics', headers: { Accept: accept } });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => scrape(index % 2 === 0 ? '*/*' : 'application/openmetrics-text')),
    );
    nowMs = 999;
    await scrape('*/*');
    expect(agent.asked.sort()).toEqual(['guests', 'host', 'status', 'tuner']);
    nowMs = 1_000;
    await scrape('*/*');
    expect(agent.asked).toHaveLength(8);
  });

  it('that keep silent hold up nobody for longer than they may, and are asked once meanwhile', async () => {
    const [silent, other] = [new CountingAgent(), new CountingAgent()];
    silent.isSilent = true;
    let nowMs = 0;
    const port = await serve({ silent, other }, () => (nowMs += 5_000), 200);
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask({ port, path: '/metrics' })));
    for (const { body } of answers) {
      expect(seriesOf(body, 'ksmpilot_up')).toEqual({ '{host="silent"}': '0', '{host="other"}': '0' });
    }
    expect(silent.asked).toHaveLength(4);
  });

  it('are asked on behalf of who scrapes, and what one is told is told to nobody else', async () => {
    const agent = new CountingAgent();
    const port = await serve({ a: agent }, () => 0);
    for (const Authorization of ['Bearer one', 'Bearer two', 'Bearer one']) {
      await ask({ port, path: '/metrics', headers: { Authorization } });
    }
    expect([...agent.bearers]).toEqual(['Bearer one', 'Bearer two']);
    expect(agent.asked).toHaveLength(8);
  });
});
