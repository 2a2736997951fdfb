import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from '../../../../helpers/fake-agent.js';
import { startFakeFleet, type FakeFleet } from '../../../../helpers/fake-fleet.js';
import { ask, type Answer } from '../../../../helpers/http.js';
import { PER_ADDRESS } from '../../../../../web/gateway/session/attempts.js';

let fleet: FakeFleet;

beforeEach(async () => {
  fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }, { name: 'looked-at', role: 'ROLE_VIEW' }]);
});

afterEach(async () => {
  await fleet.stop();
});

type Headers = Readonly<Record<string, string>>;

const origin = (): Headers => ({ Origin: `http://127.0.0.1:${fleet.port}` });
const post = (path: string, body: object, headers: Headers = origin()): Promise<Answer> =>
  ask({
    port: fleet.port,
    path,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const session = (method: string, cookie: string, agent = 'hv-1'): Promise<Answer> =>
  ask({ port: fleet.port, path: `/api/session?agent=${agent}`, method, headers: { Cookie: cookie, ...origin() } });

/** The cookie as a browser would send it back. */
function cookieOf({ headers }: Answer): string {
  return (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}

const signIn = (agent: string, headers: Headers = {}): Promise<Answer> =>
  post(`/api/session?agent=${agent}`, { token: `token-of-${agent}` }, { ...origin(), ...headers });

describe('signing in', () => {
  it('takes a token that the agent knows, and gives a cookie that is kept from scripts', async () => {
    expect((await session('GET', '')).json).toEqual({ signed_in: false, role: null });
    const answer = await signIn('hv-1');
    expect(answer.json).toEqual({ signed_in: true, role: 'tune' });
    expect(answer.headers['set-cookie']).toHaveLength(1);
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^ksmpilot-${fleet.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).not.toContain('token-of');
    expect((await session('GET', cookieOf(answer))).json).toEqual({ signed_in: true, role: 'tune' });
    expect(fleet.agents[0]?.authorizations).toEqual([]);
  });

  it('tells the role', async () => {
    expect((await signIn('looked-at')).json).toEqual({ signed_in: true, role: 'view' });
  });

  it('refuses a token that the agent does not know, and sets nothing', async () => {
    const answer = await post('/api/session', { token: 'wrong' });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ code: 'TOKEN_MISSING' });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('says that the agent is away, or too old for it', async () => {
    fleet.agents[0]?.stop();
    expect(await signIn('hv-1')).toMatchObject({ status: 503, json: { code: 'AGENT_UNREACHABLE' } });
    await fleet.stop();
    fleet = await startFakeFleet([{ name: 'hv-1', knowsWhoAmI: false }]);
    expect(await signIn('hv-1')).toMatchObject({ status: 501, json: { code: 'AGENT_OUTDATED' } });
  });

  it('is held up after many wrong tokens, and says for how long; a good one is not, from the same address', async () => {
    for (let at = 0; at < PER_ADDRESS.burst; at += 1)
      expect((await post('/api/session', { token: 'w' })).status).toBe(401);
    const answer = await post('/api/session', { token: 'w' });
    expect(answer).toMatchObject({ status: 429, json: { code: 'SIGN_INS_LIMITED' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await post('/api/pause', {}, { Authorization: 'Bearer w' })).status).toBe(429);
    expect((await signIn('hv-1')).status).toBe(200);
    expect((await post('/api/pause', {}, { Authorization: 'Bearer token-of-hv-1' })).status).toBe(200);
  });
});

describe('a session', () => {
  it('changes the host of the agent that it was given for, and no other', async () => {
    const cookie = cookieOf(await signIn('hv-1'));
    const answer = await post('/api/mode?agent=hv-1', { mode: 'advise' }, { ...origin(), Cookie: cookie });
    expect(answer).toMatchObject({ status: 200, json: { mode: 'MODE_ADVISE' } });
    expect(fleet.agents[0]?.authorizations).toEqual(['Bearer token-of-hv-1']);
    expect((await post('/api/mode?agent=hv-2', { mode: 'advise' }, { ...origin(), Cookie: cookie })).status).toBe(401);
    expect(fleet.agents[1]?.authorizations).toEqual([]);
  });

  it('holds the tokens of several agents under one cookie, which changes with each', async () => {
    const first = cookieOf(await signIn('hv-1'));
    const second = cookieOf(await signIn('hv-2', { Cookie: first }));
    expect(second).not.toBe(first);
    expect((await session('GET', first)).json).toEqual({ signed_in: false, role: null });
    for (const agent of ['hv-1', 'hv-2']) {
      expect((await session('GET', second, agent)).json).toEqual({ signed_in: true, role: 'tune' });
    }
  });

  it('ends when it is signed out of', async () => {
    const cookie = cookieOf(await signIn('hv-1'));
    const answer = await session('DELETE', cookie);
    expect(answer.json).toEqual({ signed_in: false, role: null });
    expect(answer.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await post('/api/pause', {}, { ...origin(), Cookie: cookie })).status).toBe(401);
    expect(fleet.agents[0]?.authorizations).toEqual([]);
  });

  it('ends when the agent was started anew with another token', async () => {
    const cookie = cookieOf(await signIn('hv-1'));
    fleet.agents[0]?.stop();
    const again = new FakeAgent({ port: fleet.ports[0] ?? 0, token: 'another' });
    await again.start();
    try {
      const pause = (): Promise<Answer> => post('/api/pause', {}, { ...origin(), Cookie: cookie });
      await expect.poll(async () => (await pause()).status, { timeout: 10_000 }).toBe(401);
      expect((await session('GET', cookie)).json).toEqual({ signed_in: false, role: null });
      const { length } = again.authorizations;
      await pause();
      expect(again.authorizations).toHaveLength(length);
    } finally {
      again.stop();
    }
  });

  it('is not begun, used or ended by a page of another site', async () => {
    const cookie = cookieOf(await signIn('hv-1'));
    const foreign: readonly Headers[] = [
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { Origin: `http://127.0.0.1:${fleet.port + 1}` },
      { ...origin(), 'Sec-Fetch-Site': 'same-site' },
      { ...origin(), 'Sec-Fetch-Site': 'cross-site' },
      // No browser leaves the origin out of a POST.
      {},
    ];
    for (const headers of foreign) {
      expect((await post('/api/pause', {}, { ...headers, Cookie: cookie })).status).toBe(403);
    }
    for (const headers of foreign.slice(0, -1)) {
      expect((await post('/api/session', { token: 'token-of-hv-1' }, headers)).status).toBe(403);
      const leave = {
        port: fleet.port,
        path: '/api/session',
        method: 'DELETE',
        headers: { ...headers, Cookie: cookie },
      };
      expect((await ask(leave)).status).toBe(403);
    }
    expect(fleet.agents[0]?.authorizations).toEqual([]);
    expect((await session('GET', cookie)).json).toEqual({ signed_in: true, role: 'tune' });
  });

  it('takes no form and no text', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      const answer = await post('/api/session', { token: 'token-of-hv-1' }, { ...origin(), 'Content-Type': type });
      expect(answer.status).toBe(415);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('is not needed by a script with a token of its own', async () => {
    const answer = await post('/api/pause?agent=hv-2', {}, { Authorization: 'Bearer token-of-hv-2' });
    expect(answer.json).toMatchObject({ paused: true });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});
