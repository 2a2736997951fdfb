import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gateway } from '../../../../web/gateway/gateway.js';
import { PROTO_DIR } from '../../../helpers/fake-agent.js';
import { makePageDir, startFakePage, type FakePage } from '../../../helpers/fake-page.js';
import { ask } from '../../../helpers/http.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const WITH_TOKEN = { ...JSON_TYPE, Authorization: 'Bearer secret' };

let page: FakePage;
let files: Awaited<ReturnType<typeof makePageDir>>;

beforeAll(async () => {
  files = await makePageDir();
  page = await startFakePage({ historySec: 60 }, { pageDir: files.dir });
});

afterAll(async () => {
  await page.stop();
  await files.remove();
});

const get = (path: string, headers: Record<string, string> = {}) => ask({ port: page.port, path, headers });
const post = (path: string, body: string, headers: Record<string, string>) =>
  ask({ port: page.port, path, method: 'POST', headers, body });

describe('the page', () => {
  it('is served with a policy that lets nothing in from elsewhere, and is never cached', async () => {
    const { status, headers, body } = await get('/');
    expect(status).toBe(200);
    expect(body).toContain('<title>ksmpilot</title>');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('has assets that are named by their content and kept for ever', async () => {
    const { headers } = await get('/assets/index-B5HGyGWK.js');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(headers['cache-control']).toContain('immutable');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '//secret.txt',
    '/assets/',
    '/assets',
    '/index.html/',
    '/\\..\\secret.txt',
    '/constructor',
    '/api/__proto__',
  ])('has nothing at %s', async (path) => {
    const { status, body } = await get(path);
    expect(status).toBe(404);
    expect(body).not.toBe('secret');
  });

  it('says so when it is not built, and serves the rest', async () => {
    const other = await startFakePage();
    try {
      const { status, json } = await ask({ port: other.port, path: '/' });
      expect(status).toBe(503);
      expect(json).toMatchObject({ hint: 'Run `npm run build`.' });
      expect((await ask({ port: other.port, path: '/api/host' })).status).toBe(200);
      expect(other.logged).toContain('the page is not built; run `npm run build`');
    } finally {
      await other.stop();
    }
  });
});

describe('who may ask', () => {
  it.each(['evil.example', 'evil.example:PORT', '127.0.0.1:1', '10.0.2.2:PORT'])('not Host %s', async (host) => {
    for (const path of ['/', '/api/host', '/healthz', '/api/stream']) {
      const { status, json } = await get(path, { Host: host.replace('PORT', String(page.port)) });
      expect(status).toBe(403);
      expect(json).toMatchObject({ code: 'BIND_REFUSED' });
    }
  });

  it('a request without any Host header is refused', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      let heard = '';
      const socket = connect(page.port, '127.0.0.1', () => socket.write('GET /api/host HTTP/1.0\r\n\r\n'));
      socket.on('data', (data) => (heard += data.toString()));
      socket.on('close', () => resolve(heard));
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('loopback under any of its names', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      expect((await get('/api/host', { Host: `${name}:${page.port}` })).status).toBe(200);
    }
  });

  it('not a page of another site', async () => {
    for (const Origin of ['http://evil.example', 'null', `https://127.0.0.1:${page.port}`]) {
      expect((await get('/api/host', { Origin })).status).toBe(403);
      expect((await post('/api/pause', '{}', { ...WITH_TOKEN, Origin })).status).toBe(403);
    }
    expect((await get('/api/host', { Origin: `http://127.0.0.1:${page.port}` })).status).toBe(200);
    expect(page.agent.authorizations).toEqual([]);
  });
});

describe('reads', () => {
  it('pass on what the agent answers', async () => {
    expect((await get('/api/host')).json).toMatchObject({ hostname: 'hv-7', cpus: 16 });
    expect((await get('/api/tuner')).json).toMatchObject({ mode: 'MODE_AUTO', settings: { gib_per_core: 8 } });
    expect((await get('/api/processes')).json).toMatchObject({ processes: { length: 6 } });
    expect((await get('/api/guests')).json).toMatchObject({ guests: { length: 6 }, pending: 0 });
    const status = (await get('/api/status')).json as { sample: Record<string, unknown> };
    expect(status.sample['saved_bytes']).toBe(0);
  });

  it('leave out what is unknown, and keep zero', async () => {
    const bare = await startFakePage({ profile: 'bare', historySec: 10 });
    try {
      const { json } = await ask({ port: bare.port, path: '/api/status' });
      const { sample } = json as { sample: Record<string, unknown> };
      expect(sample).not.toHaveProperty('ksmd_cpu_pct');
      expect(sample).not.toHaveProperty('zero_bytes');
      expect(sample['unshared_bytes']).toBe(0);
    } finally {
      await bare.stop();
    }
  });

  it('answer HEAD without a body, and refuse other methods', async () => {
    const head = await ask({ port: page.port, path: '/api/host', method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    const put = await ask({ port: page.port, path: '/api/host', method: 'PUT' });
    expect([put.status, put.headers.allow]).toEqual([405, 'GET, HEAD']);
    expect((await get('/api/mode')).status).toBe(405);
  });

  it('say that the agent is away', async () => {
    const away = await startFakePage();
    away.agent.stop();
    try {
      const { status, json } = await ask({ port: away.port, path: '/api/host' });
      expect(status).toBe(503);
      expect(json).toMatchObject({ code: 'AGENT_UNREACHABLE' });
      expect((await ask({ port: away.port, path: '/healthz' })).json).toEqual({ ok: true, streams: 0 });
    } finally {
      await away.stop();
    }
  });
});

describe('changes', () => {
  it("carry the browser's token to the agent, and nothing of their own", async () => {
    const { status, json } = await post('/api/mode', '{"mode":"advise"}', WITH_TOKEN);
    expect(status).toBe(200);
    expect(json).toMatchObject({ mode: 'MODE_ADVISE' });
    expect(page.agent.authorizations.splice(0)).toEqual(['Bearer secret']);
    expect((await post('/api/pause', '{}', WITH_TOKEN)).json).toMatchObject({ paused: true });
    expect((await post('/api/resume', '', WITH_TOKEN)).json).toMatchObject({ paused: false });
    page.agent.authorizations.length = 0;
  });

  it('are refused by the agent where the token is wrong', async () => {
    const { status, headers, json } = await post('/api/pause', '{}', { ...JSON_TYPE, Authorization: 'Bearer wrong' });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain('Bearer');
    expect(json).toEqual({
      code: 'TOKEN_MISSING',
      message: 'the token is wrong',
      hint: 'Look at what `ksmpilot run` printed.',
    });
    expect(page.agent.authorizations.splice(0)).toEqual(['Bearer wrong']);
  });

  it.each([
    ['no token', '{}', JSON_TYPE, 401],
    ['another scheme', '{}', { ...JSON_TYPE, Authorization: 'Basic c2VjcmV0' }, 401],
    ['a form', 'a=b', { ...WITH_TOKEN, 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['no type', '{}', { Authorization: 'Bearer secret' }, 415],
    ['no JSON', '{', WITH_TOKEN, 400],
    ['a list', '[]', WITH_TOKEN, 400],
    ['an unknown key', '{"force":true}', WITH_TOKEN, 400],
    ['too much', JSON.stringify({ x: 'x'.repeat(5_000) }), WITH_TOKEN, 413],
    ['what looks like an answer', '{"status":200,"body":{}}', WITH_TOKEN, 400],
  ])('do not reach the agent with %s', async (_, body, headers, status) => {
    expect((await post('/api/pause', body, headers)).status).toBe(status);
    expect(page.agent.authorizations).toEqual([]);
  });

  it.each(['{}', '{"mode":"AUTO"}', '{"mode":"constructor"}', '{"mode":1}'])('name the field: %s', async (body) => {
    const { status, json } = await post('/api/mode', body, WITH_TOKEN);
    expect(status).toBe(400);
    expect((json as { message: string }).message).toContain('mode is ');
    expect(page.agent.authorizations).toEqual([]);
  });

  it('stop reading a body that has no length and no end', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      let heard = '';
      const socket = connect(page.port, '127.0.0.1', () => {
        socket.write(
          `POST /api/pause HTTP/1.1\r\nHost: 127.0.0.1:${page.port}\r\nContent-Type: application/json\r\n` +
            'Authorization: Bearer secret\r\nTransfer-Encoding: chunked\r\n\r\n',
        );
        const chunk = `400\r\n${'x'.repeat(1_024)}\r\n`;
        for (let sent = 0; sent < 8; sent += 1) socket.write(chunk);
      });
      socket.on('data', (data) => (heard += data.toString()));
      socket.on('close', () => resolve(heard));
      socket.on('error', () => resolve(heard));
      setTimeout(() => reject(new Error(`still open after: ${heard}`)), 4_000).unref();
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('start and stop', () => {
  const options = {
    agents: [{ name: 'nobody', address: '127.0.0.1:1' }],
    pageDir: '/nonexistent',
    protoDir: PROTO_DIR,
    log: { info: () => undefined, warn: () => undefined },
  };

  it('names a port that is taken, and the cure', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    try {
      await expect(new Gateway({ ...options, address }).start()).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringContaining(address) as string,
        hint: expect.stringContaining('ss -ltnp') as string,
      });
    } finally {
      other.close();
    }
  });

  it('refuses an address that others can reach', async () => {
    await expect(new Gateway({ ...options, address: '0.0.0.0:0' }).start()).rejects.toMatchObject({
      code: 'BIND_REFUSED',
      hint: expect.stringContaining('http.tls') as string,
    });
  });

  it('can be stopped at any time, and again', async () => {
    const gateway = new Gateway({ ...options, address: '127.0.0.1:0' });
    await gateway.stop();
    await gateway.start();
    await gateway.stop();
    await gateway.stop();
  });
});
