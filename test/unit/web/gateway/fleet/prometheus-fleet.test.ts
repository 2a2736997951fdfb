import { describe, expect, it } from 'vitest';
import { PrometheusFleet } from '../../../../../web/gateway/fleet/prometheus-fleet.js';
import type { Element, Range } from '../../../../../web/gateway/fleet/prometheus-api.js';
import { fleetQueries } from '../../../../../web/gateway/metrics/queries.js';

type Labels = Readonly<Record<string, string>>;

/** Answers by the text of the query; nothing for others. */
class Prometheus {
  asked = 0;
  atOnce = 0;
  most = 0;
  readonly #vectors = new Map<string, readonly Element[]>();
  trend: readonly Range[] = [];

  set(query: string, elements: readonly (readonly [Labels, number])[]): this {
    this.#vectors.set(
      query,
      elements.map(([labels, value]) => ({ labels, value })),
    );
    return this;
  }

  async vector(query: string): Promise<readonly Element[]> {
    this.asked += 1;
    this.atOnce += 1;
    this.most = Math.max(this.most, this.atOnce);
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.atOnce -= 1;
    return this.#vectors.get(query) ?? [];
  }

  range(): Promise<readonly Range[]> {
    return Promise.resolve(this.trend);
  }
}

const A: Labels = { job: 'ksmpilot', instance: 'hv-1.example:8576' };
const B: Labels = { job: 'ksmpilot', instance: 'hub:8576', host: 'hv-2' };
const C: Labels = { job: 'ksmpilot', instance: 'hv-3:8576' };
const SEEN = `last_over_time(${fleetQueries.up}[1h])`;

describe('a fleet that Prometheus knows', () => {
  it('has a row a host, joined by labels; a host that is gone is lost', async () => {
    const api = new Prometheus()
      .set(SEEN, [
        [A, 1],
        [B, 1],
        [C, 1],
      ])
      .set(fleetQueries.up, [
        [A, 1],
        [B, 0],
      ])
      .set(fleetQueries.host, [[{ ...A, hostname: 'hv-1', kernel: '6.12' }, 1]])
      .set(fleetQueries.saved, [[A, 2 ** 31]])
      .set(fleetQueries.cost, [[A, 0.02]])
      .set(fleetQueries.mode, [[{ ...A, mode: 'auto' }, 1]])
      .set(fleetQueries.age, [[A, 2.5]]);
    const { hosts, sums, source } = await new PrometheusFleet({ api, agents: ['hv-1', 'other'] }).look();
    expect(source).toBe('prometheus');
    expect(hosts).toMatchObject([
      {
        name: 'hv-1',
        agent: 'hv-1',
        state: 'connected',
        mode: 'auto',
        age_ms: 2_500,
        saved_bytes: 2 ** 31,
        cost_per_gib: 0.01,
      },
      { name: 'hv-2', agent: undefined, state: 'lost', detail: 'its agent does not answer' },
      { name: 'hv-3:8576', agent: undefined, state: 'lost', detail: 'Prometheus does not reach it' },
    ]);
    expect(sums).toMatchObject({ hosts: 3, connected: 1, saved_bytes: 2 ** 31 });
    expect(sums.net_cores).toBeUndefined();
  });

  it('is asked once for all who look within five seconds, a few queries at a time', async () => {
    let now = 1_000_000;
    const api = new Prometheus().set(SEEN, [[A, 1]]);
    const fleet = new PrometheusFleet({ api, agents: [], now: () => now });
    await Promise.all(Array.from({ length: 20 }, () => fleet.look()));
    const { asked } = api;
    expect(asked).toBe(Object.keys(fleetQueries).length + 4);
    expect(api.most).toBeLessThanOrEqual(4);
    now += 4_000;
    await fleet.look();
    expect(api.asked).toBe(asked);
    now += 2_000;
    await fleet.look();
    expect(api.asked).toBe(2 * asked);
  });

  it('gives every row a name of its own', async () => {
    const api = new Prometheus().set(SEEN, [
      [{ job: 'x', instance: 'one:1', host: 'hv' }, 1],
      [{ job: 'x', instance: 'two:1', host: 'hv' }, 1],
    ]);
    const { hosts } = await new PrometheusFleet({ api, agents: ['hv'] }).look();
    expect(hosts.map(({ name }) => name)).toEqual(['x one:1 hv', 'x two:1 hv']);
    expect(hosts.map(({ agent }) => agent)).toEqual(['hv', 'hv']);
  });

  it('finds the agent of a host by its address too, and by the part before the first dot', async () => {
    const api = new Prometheus().set(SEEN, [
      [A, 1],
      [{ job: 'x', instance: '10.0.0.1:8576' }, 1],
      [{ job: 'x', instance: '10.0.0.2:8576' }, 1],
    ]);
    const { hosts } = await new PrometheusFleet({ api, agents: ['hv-1:50576', '10.0.0.2'] }).look();
    expect(hosts.map(({ agent }) => agent)).toEqual(['hv-1:50576', undefined, '10.0.0.2']);
  });

  it('has trends with gaps', async () => {
    const now = 30_000 * 1_000;
    const api = new Prometheus().set(SEEN, [[A, 1]]).set(fleetQueries.up, [[A, 1]]);
    api.trend = [
      {
        labels: A,
        values: new Map([
          [now, 5],
          [now - 60_000, 3],
        ]),
      },
    ];
    const { hosts, trend_step_ms } = await new PrometheusFleet({ api, agents: [], now: () => now }).look();
    expect(trend_step_ms).toBe(30_000);
    expect(hosts[0]?.trend).toHaveLength(31);
    expect(hosts[0]?.trend.slice(-3)).toEqual([3, null, 5]);
  });
});
