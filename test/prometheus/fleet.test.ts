/** The overview of all hosts as Debian's Prometheus has it. */

import { afterEach, describe, expect, it } from 'vitest';
import { scaled, startFakeFleet, type FakeFleet } from '../helpers/fake-fleet.js';
import { ask } from '../helpers/http.js';
import { PrometheusServer, until } from '../helpers/prometheus-server.js';
import { toolsFor, usePrometheus } from '../helpers/prometheus.js';

usePrometheus();

interface Rows {
  readonly source: string;
  readonly hosts: readonly Readonly<Record<string, unknown>>[];
  readonly sums: Readonly<Record<string, unknown>>;
}

const running: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function fleetOf(page: FakeFleet): Promise<Rows> {
  const { status, json } = await ask({ port: page.port, path: '/api/fleet' });
  if (status !== 200) throw new Error(JSON.stringify(json));
  return json as Rows;
}

describe('a fleet read from Prometheus', () => {
  it('has the hosts, figures and losses of the fleet read from the agents', async (context) => {
    const { prometheus } = await toolsFor(context);
    const hosts = await startFakeFleet([
      { name: 'hv-1', historySec: 880 },
      { name: 'hv-2', historySec: 880, ...scaled(2, 1) },
    ]);
    running.push(() => hosts.stop());
    const server = new PrometheusServer(prometheus);
    running.push(() => server.stop());
    await server.start({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'ksmpilot', static_configs: [{ targets: [`127.0.0.1:${hosts.port}`] }] }],
    });
    await until('four scrapes', async () => {
      const [scrapes] = await server.query('min(count_over_time(ksmpilot_up[1m]))');
      return (scrapes?.value ?? 0) >= 4 ? true : undefined;
    });
    const page = await startFakeFleet([], {
      prometheus: server.url,
      agents: [{ name: 'hv-2', address: `127.0.0.1:${hosts.ports[1] ?? 0}` }],
    });
    running.push(() => page.stop());

    const [told, read] = await Promise.all([fleetOf(hosts), fleetOf(page)]);
    expect(read.source).toBe('prometheus');
    expect(read.hosts.map(({ name, agent, state }) => [name, agent, state])).toEqual([
      ['hv-1', undefined, 'connected'],
      ['hv-2', 'hv-2', 'connected'],
    ]);
    for (const [index, row] of read.hosts.entries()) {
      const agent = told.hosts[index];
      for (const key of ['hostname', 'mode', 'paused', 'guests', 'problems', 'mem_total_bytes', 'version']) {
        expect([row['name'], key, row[key]]).toEqual([row['name'], key, agent?.[key]]);
      }
      expect(Number(row['saved_bytes']) / Number(agent?.['saved_bytes'])).toBeCloseTo(1, 1);
      expect(row['net_cores']).toBeCloseTo(Number(agent?.['net_cores']), 1);
      expect(row['cost_per_gib']).toEqual(expect.any(Number));
      expect(row['age_ms']).toBeLessThan(10_000);
    }
    expect(Number(read.sums['saved_bytes']) / Number(told.sums['saved_bytes'])).toBeCloseTo(1, 1);

    hosts.agents[0]?.stop();
    await until('a lost host', async () => {
      const { hosts: rows } = await fleetOf(page);
      return rows.some(({ state, detail }) => state === 'lost' && detail === 'its agent does not answer')
        ? true
        : undefined;
    });
    await hosts.stop();
    const [unreached] = await until('an unreachable gateway', async () => {
      const { hosts: rows } = await fleetOf(page);
      return rows.every(({ state }) => state === 'lost') ? rows : undefined;
    });
    expect(unreached?.['detail']).toBe('Prometheus does not reach it');

    await server.stop();
    const down = await until('an error', async () => {
      const answer = await ask({ port: page.port, path: '/api/fleet' });
      return answer.status === 200 ? undefined : answer;
    });
    expect(down).toMatchObject({ status: 502, json: { code: 'PROMETHEUS_UNREACHABLE' } });
    running.splice(1, 1);
  });
});
