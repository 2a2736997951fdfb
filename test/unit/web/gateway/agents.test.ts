import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { FakeAgent } from '../../../helpers/fake-agent.js';
import { scaled, startFakeFleet, type FakeFleet } from '../../../helpers/fake-fleet.js';
import { ask, open, readEvents, type Answer } from '../../../helpers/http.js';

let fleet: FakeFleet | undefined;
let silent: Server | undefined;

afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
  silent?.close();
});

const get = (path: string): Promise<Answer> => ask({ port: fleet?.port ?? 0, path });

interface Rows {
  readonly hosts: readonly {
    readonly name: string;
    readonly state: string;
    readonly saved_bytes?: number;
    readonly detail: string;
  }[];
  readonly sums: { readonly connected: number; readonly hosts: number };
  readonly outliers: readonly { readonly name: string }[];
}

describe('a gateway of several agents', () => {
  it('answers for the one that is named, the first where none is, and knows no other', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }]);
    expect((await get('/api/host')).json).toMatchObject({ hostname: 'hv-1' });
    expect((await get('/api/host?agent=hv-2')).json).toMatchObject({ hostname: 'hv-2' });
    const { status, json } = await get('/api/host?agent=hv-3');
    expect(status).toBe(404);
    expect(json).toMatchObject({ code: 'AGENT_ABSENT', message: 'no agent is called "hv-3" here' });
  });

  it('streams from the agent that is shown, and only from it', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }]);
    const res = await open({ port: fleet.port, path: '/api/stream?agent=hv-2&look_back_sec=0' });
    const events = await readEvents(res, (heard) => heard.some(({ event }) => event === 'sample'));
    expect(events.find(({ event }) => event === 'host')?.data).toMatchObject({ hostname: 'hv-2' });
    expect(fleet.agents.map(({ readers }) => readers)).toEqual([0, 1]);
    res.destroy();
  });

  it('lists them with their states', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }]);
    fleet.agents[1]?.stop();
    const { json } = await get('/api/agents');
    expect(json).toMatchObject({
      agents: [
        {
          name: 'hv-1',
          address: `127.0.0.1:${fleet.ports[0] ?? 0}`,
          state: 'connected',
          hostname: 'hv-1',
          version: '0.1.0',
        },
        { name: 'hv-2', state: 'lost' },
      ],
      fleet: 'agents',
    });
  });

  it('has a row a host, sums and outliers', async () => {
    const names = ['hv-1', 'hv-2', 'hv-3', 'hv-4', 'hv-5'];
    fleet = await startFakeFleet([...names.map((name) => ({ name })), { name: 'dear', ...scaled(1, 30) }]);
    const { json } = await get('/api/fleet');
    const { hosts, sums, outliers } = json as Rows;
    expect(hosts.map(({ name, state }) => [name, state])).toEqual(
      [...names, 'dear'].map((name) => [name, 'connected']),
    );
    expect(sums).toMatchObject({ hosts: 6, connected: 6 });
    expect(outliers).toMatchObject([{ name: 'dear', measure: 'cost_per_gib' }]);
  });

  it('asks each agent once in three seconds, however many look', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }]);
    await Promise.all(Array.from({ length: 40 }, () => get('/api/fleet')));
    expect(fleet.agents.map(({ looked }) => looked)).toEqual([1, 1]);
  });

  it('does not wait for an agent that takes connections and says nothing', async () => {
    silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent?.once('listening', resolve));
    const port = (silent.address() as AddressInfo).port;
    const only = await startFakeFleet([{ name: 'hv-1' }]);
    fleet = await startFakeFleet([], {
      agents: [
        { name: 'hv-1', address: `127.0.0.1:${only.ports[0] ?? 0}` },
        { name: 'mute', address: `127.0.0.1:${port}` },
      ],
    });
    try {
      const began = performance.now();
      const { hosts } = (await get('/api/fleet')).json as Rows;
      expect(hosts.map(({ name, state }) => [name, state])).toEqual([
        ['hv-1', 'connected'],
        ['mute', 'connecting'],
      ]);
      expect(performance.now() - began).toBeLessThan(3_000);
      const again = performance.now();
      expect((await get('/api/host?agent=hv-1')).status).toBe(200);
      expect(performance.now() - again).toBeLessThan(1_000);
    } finally {
      await only.stop();
    }
  });

  it('finds an agent again that went and came back', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }]);
    await get('/api/fleet');
    fleet.agents[1]?.stop();
    const stateOf = async (): Promise<string | undefined> =>
      ((await get('/api/fleet')).json as Rows).hosts.find(({ name }) => name === 'hv-2')?.state;
    await expect.poll(stateOf, { timeout: 10_000 }).toBe('lost');
    const again = new FakeAgent({ port: fleet.ports[1] ?? 0, hostname: 'hv-2' });
    await again.start();
    try {
      await expect.poll(stateOf, { timeout: 15_000 }).toBe('connected');
    } finally {
      again.stop();
    }
  }, 30_000);

  it('without any agent has nothing to show, and says so', async () => {
    fleet = await startFakeFleet([]);
    expect(await get('/api/host')).toMatchObject({ status: 404, json: { code: 'AGENT_ABSENT' } });
    expect((await get('/api/agents')).json).toEqual({ agents: [], fleet: 'agents' });
  });

  it('shows a token that a script sends to no other agent', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1' }, { name: 'hv-2' }]);
    const headers = { Authorization: 'Bearer token-of-hv-1' };
    for (const path of ['/api/agents', '/api/fleet', '/metrics', '/api/host']) {
      expect((await ask({ port: fleet.port, path, headers })).status).toBe(200);
    }
    expect(fleet.agents.map(({ borne }) => [...borne])).toEqual([['', 'Bearer token-of-hv-1'], ['']]);
  });

  it('reads with its own token for everybody, and changes nothing with it', async () => {
    fleet = await startFakeFleet([{ name: 'hv-1', readingToken: 'token-of-hv-1' }]);
    const [agent] = fleet.agents;
    expect((await get('/api/host')).status).toBe(200);
    expect([...(agent?.borne ?? [])]).toEqual(['Bearer token-of-hv-1']);
    agent?.borne.clear();
    const headers = { 'Content-Type': 'application/json' };
    const change = { port: fleet.port, path: '/api/pause', method: 'POST', headers, body: '{}' };
    expect(await ask(change)).toMatchObject({ status: 401, json: { code: 'TOKEN_MISSING' } });
    expect([agent?.borne.size, agent?.authorizations.length]).toEqual([0, 0]);
  });

  it('refuses two of one name', async () => {
    const twice = { name: 'hv', address: '127.0.0.1:1' };
    await expect(startFakeFleet([], { agents: [twice, twice] })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
