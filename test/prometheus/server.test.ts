import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { packageRoot } from '../../src/agent/paths.js';
import { fleetQueries, HOST_LABELS, type FleetQuery } from '../../web/gateway/metrics/queries.js';
import { FakeAgent } from '../helpers/fake-agent.js';
import { frameAt } from '../helpers/fake-frames.js';
import { guestsAt } from '../helpers/fake-guests.js';
import { startFakePage, type FakePage } from '../helpers/fake-page.js';
import { PrometheusServer, until, type Element } from '../helpers/prometheus-server.js';
import { toolsFor, usePrometheus } from '../helpers/prometheus.js';

usePrometheus();

/** A page of one agent, a page of two, and Debian's Prometheus, which scrapes both every second and has our rules. */
interface Setting {
  readonly server: PrometheusServer;
  readonly alone: FakePage;
  readonly pair: FakePage;
  readonly second: FakeAgent;
}

let setting: Promise<Setting> | undefined;

beforeEach(async (context) => {
  setting ??= set(context);
  await setting;
}, 60_000);

afterAll(async () => {
  const made = await setting?.catch(() => undefined);
  await made?.server.stop();
  await made?.alone.stop();
  await made?.pair.stop();
  made?.second.stop();
});

async function set(context: TestContext): Promise<Setting> {
  const { prometheus } = await toolsFor(context);
  const alone = await startFakePage();
  const second = new FakeAgent({ profile: 'exact' });
  const first = { name: 'hv-1', address: `127.0.0.1:${alone.agentPort}` };
  const pair = await startFakePage(
    {},
    { agents: [first, { name: 'hv-2', address: `127.0.0.1:${await second.start()}` }] },
  );
  const server = new PrometheusServer(prometheus);
  const targets = [alone, pair].map(({ port }) => `127.0.0.1:${port}`);
  await server.start({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(packageRoot, 'deploy/prometheus/ksmpilot.rules.yml')],
    scrape_configs: [{ job_name: 'ksmpilot', static_configs: [{ targets }] }],
  });
  await until('three scrapes of both', async () => {
    const [scrapes] = await server.query('min(count_over_time(ksmpilot_up[1m]))');
    return (scrapes?.value ?? 0) >= 3 ? true : undefined;
  });
  return { server, alone, pair, second };
}

async function settingNow(): Promise<Setting> {
  if (setting === undefined) throw new Error('not set');
  return setting;
}

describe("Debian's Prometheus", () => {
  it('takes what it scrapes without a complaint, as OpenMetrics and compressed', async () => {
    const { server } = await settingNow();
    const { data } = (await server.get('/api/v1/targets?state=active')) as {
      data: { activeTargets: { health: string; lastError: string }[] };
    };
    expect(data.activeTargets.map(({ health, lastError }) => [health, lastError])).toEqual([
      ['up', ''],
      ['up', ''],
    ]);
    const { data: told } = (await server.get('/api/v1/metadata?metric=ksmpilot_net_cores')) as {
      data: Record<string, { type: string; unit: string; help: string }[]>;
    };
    // A unit is told in OpenMetrics alone.
    expect(told['ksmpilot_net_cores']?.[0]).toMatchObject({ type: 'gauge', unit: 'cores' });
    expect(told['ksmpilot_net_cores']?.[0]?.help).toContain('Worth');
  });

  it('has the very figures of the frames', async () => {
    const { server, alone } = await settingNow();
    const at = Date.now() / 1_000;
    const of = async (name: string): Promise<number | undefined> => {
      const found = await server.query(`${name}{instance="127.0.0.1:${alone.port}"}`, at);
      expect(found.length).toBeLessThan(2);
      return found[0]?.value;
    };
    const startMs = Number(await of('ksmpilot_agent_start_time_seconds')) * 1_000;
    const timeMs = Number(await of('ksmpilot_sample_timestamp_seconds')) * 1_000;
    const sec = (timeMs - startMs) / 1_000;
    expect(at - timeMs / 1_000).toBeLessThan(30);
    const frame = frameAt(0, timeMs, sec, 'full');
    expect(await of('ksmpilot_cow_breaks_total')).toBe(frame.cow_breaks_total);
    expect(await of('ksmpilot_merges_total')).toBe(frame.merges_total);
    expect(await of('ksmpilot_knob_pages_to_scan')).toBe(frame.knobs?.pages_to_scan);
    expect(await of('ksmpilot_knob_sleep_seconds')).toBeCloseTo(Number(frame.knobs?.sleep_millisecs) / 1_000, 12);
    // The timestamp is kept as a double of seconds: less than a millisecond is lost, and these change smoothly.
    for (const [name, value] of [
      ['ksmpilot_saved_bytes', frame.saved_bytes],
      ['ksmpilot_profit_bytes', frame.profit_bytes],
      ['ksmpilot_net_cores', frame.net_cores],
      ['ksmpilot_ksmd_cpu_seconds_total', frame.ksmd_cpu_sec_total],
    ] as const) {
      expect(Number(await of(name)) / Number(value)).toBeCloseTo(1, 5);
    }
  });

  it('has a histogram whose quantiles are those of the bars', async () => {
    const { server, alone } = await settingNow();
    const bucket = `ksmpilot_merge_lifetime_seconds_bucket{instance="127.0.0.1:${alone.port}"}`;
    const [median] = await server.query(`histogram_quantile(0.5, ${bucket})`);
    const { merge_lifetime: bars = [] } = frameAt(0, Date.now(), 900, 'full');
    const half = bars.reduce((sum, { count }) => sum + Number(count), 0) / 2;
    let below = 0;
    const middle = bars.find(({ count }) => (below += Number(count)) >= half);
    expect(median?.value).toBeGreaterThanOrEqual(Number(middle?.lower_ms) / 1_000);
    expect(median?.value).toBeLessThanOrEqual(Number(middle?.upper_ms) / 1_000);
    const [all] = await server.query(bucket.replace('}', ',le="+Inf"}'));
    const [last] = await server.query(bucket.replace('}', ',le="16777.216"}'));
    expect(all?.value).toBeGreaterThan(10_000);
    expect(last?.value).toBe(all?.value);
  });

  it('has every guest by a label that stays, and its name beside it', async () => {
    const { server, alone } = await settingNow();
    const here = `{instance="127.0.0.1:${alone.port}"}`;
    const saved = await server.query(
      `ksmpilot_guest_saved_bytes${here} * on (job, instance, host, guest) group_left (name) ksmpilot_guest_info`,
    );
    const named = new Map(saved.map(({ metric, value }) => [metric['guest'], [metric['name'], value]]));
    const known =
      guestsAt(Date.now(), 900, 'full').guests?.filter(({ saved_bytes }) => saved_bytes !== undefined) ?? [];
    expect(known.length).toBeGreaterThan(4);
    for (const { identity = '', name, saved_bytes } of known) {
      expect(named.get(identity)?.[0]).toBe(name);
      expect(Number(named.get(identity)?.[1]) / Number(saved_bytes)).toBeCloseTo(1, 2);
    }
  });

  it('tells agents of one page apart, and needs no such label where there is one', async () => {
    const { server, alone, pair } = await settingNow();
    const up = await server.query('ksmpilot_up');
    const hosts = up.map(({ metric, value }) => [metric['instance'], metric['host'], value]).sort();
    expect(hosts).toEqual(
      [
        [`127.0.0.1:${alone.port}`, undefined, 1],
        [`127.0.0.1:${pair.port}`, 'hv-1', 1],
        [`127.0.0.1:${pair.port}`, 'hv-2', 1],
      ].sort(),
    );
  });

  it.each(Object.keys(fleetQueries) as FleetQuery[])(
    'answers the fleet view on %s, one element a host',
    async (name) => {
      const { server } = await settingNow();
      const found = await server.query(fleetQueries[name]);
      const hosts = found.map(({ metric }) => HOST_LABELS.map((label) => metric[label] ?? '').join(' '));
      expect(hosts.length).toBe(3);
      expect(new Set(hosts).size).toBe(3);
      for (const { value } of found) expect(Number.isFinite(value)).toBe(true);
    },
  );

  it('runs every rule, and no alert fires on hosts that are well', async () => {
    const { server } = await settingNow();
    interface Rule {
      readonly name: string;
      readonly health: string;
      readonly type: string;
      readonly state?: string;
    }
    const look = async (): Promise<Rule[]> => {
      const { data } = (await server.get('/api/v1/rules')) as { data: { groups: { rules: Rule[] }[] } };
      return data.groups.flatMap(({ rules }) => rules);
    };
    const rules = await until('every rule to run', async () => {
      const now = await look();
      return now.every(({ health }) => health !== 'unknown') ? now : undefined;
    });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.filter(({ type, state }) => type === 'alerting' && state === 'firing')).toEqual([]);
    for (const { name } of rules.filter(({ type }) => type === 'recording')) {
      const found = await until(`${name} to be recorded`, async () => {
        const now: Element[] = await server.query(name);
        return now.length > 0 ? now : undefined;
      });
      for (const { value } of found) expect([name, Number.isFinite(value)]).toEqual([name, true]);
    }
  });

  it('sees an agent go: up is 0, its other series end, and those of the other go on', async () => {
    const { server, second } = await settingNow();
    second.stop();
    await until('the agent to be seen gone', async () => {
      const [up] = await server.query('ksmpilot_up{host="hv-2"}');
      return up?.value === 0 ? true : undefined;
    });
    expect(await server.query('ksmpilot_saved_bytes{host="hv-2"}')).toEqual([]);
    expect(await server.query('ksmpilot_saved_bytes{host="hv-1"}')).toHaveLength(1);
    await until('the alert to be pending', async () => {
      const alerts = await server.query('ALERTS{alertname="KsmpilotAgentDown",host="hv-2",alertstate="pending"}');
      return alerts.length === 1 ? true : undefined;
    });
  });
});
