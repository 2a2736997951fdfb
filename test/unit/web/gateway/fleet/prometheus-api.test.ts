import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PrometheusApi } from '../../../../../web/gateway/fleet/prometheus-api.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (value: unknown, status = 200): RequestListener => {
  return (_, res) => res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
};

const down = (message: string | RegExp) =>
  expect.objectContaining({
    message: expect.stringMatching(message) as string,
    refusal: expect.objectContaining({
      status: 502,
      body: expect.objectContaining({
        code: 'PROMETHEUS_UNREACHABLE',
        hint: expect.stringContaining('curl') as string,
      }) as unknown,
    }) as unknown,
  }) as Error;

describe('a Prometheus server', () => {
  it('is asked for a vector, below the path of its address and with its credentials', async () => {
    const heard: (string | undefined)[] = [];
    const url = await serve((req, res) => {
      heard.push(req.url, req.headers.authorization);
      const result = [
        { metric: { instance: 'hv-1:8576' }, value: [1, '42.5'] },
        { metric: { instance: 'hv-2:8576' }, value: [1, 'NaN'] },
      ];
      json({ status: 'success', data: { resultType: 'vector', result } })(req, res);
    });
    const api = new PrometheusApi({ url: `${url.replace('//', '//me:p%40ss@')}/prom` });
    expect(await api.vector('a == 1')).toEqual([{ labels: { instance: 'hv-1:8576' }, value: 42.5 }]);
    expect(heard).toEqual([
      '/prom/api/v1/query?query=a+%3D%3D+1',
      `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    ]);
    expect(api.shown).not.toContain('p%40ss');
  });

  it('is asked for a range', async () => {
    const values = [
      [1.5, '1'],
      [31.5, '2'],
    ];
    const url = await serve(
      json({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } }),
    );
    const [range] = await new PrometheusApi({ url }).range('a', { fromMs: 1_500, toMs: 31_500, stepMs: 30_000 });
    expect([...(range?.values ?? [])]).toEqual([
      [1_500, 1],
      [31_500, 2],
    ]);
  });

  it.each([
    ['its own words', json({ status: 'error', error: 'parse error: x' }, 400), /parse error: x/],
    ['another server', (_, res) => res.end('<html>'), /HTTP status 200, and not as Prometheus does/],
    ['another type', json({ status: 'success', data: { resultType: 'scalar', result: [] } }), /not as Prometheus does/],
    ['a detour', (_, res) => res.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(), /redirect/],
    ['silence', () => undefined, /nothing came within 0\.2 s/],
    ['a flood', (_, res) => void res.end('x'.repeat(2_000)), /longer than 1000 bytes/],
  ])('that answers with %s is told, with the cure', async (_, answer, message) => {
    const api = new PrometheusApi({ url: await serve(answer), timeoutMs: 200, maxBytes: 1_000 });
    await expect(api.vector('a')).rejects.toThrow(down(message));
  });

  it('that is down is told', async () => {
    await expect(new PrometheusApi({ url: 'http://127.0.0.1:1' }).vector('a')).rejects.toThrow(
      down(/ECONNREFUSED|bad port/),
    );
  });

  it.each(['prometheus:9090', 'ftp://x', '', 'http://x/?a=1', 'nonsense'])('is not at %j', (url) => {
    expect(() => new PrometheusApi({ url })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });
});
