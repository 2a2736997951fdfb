import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../web/gateway/metrics/catalogue.js';
import { fleetQueries } from '../../web/gateway/metrics/queries.js';
import { metricsIn, saying, toolsFor, usePrometheus } from '../helpers/prometheus.js';
import { readSource } from '../helpers/source-tree.js';

usePrometheus();

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const dashboard = JSON.parse(readSource('deploy/grafana/ksmpilot.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];
const byName = new Map(FAMILIES.map((family) => [family.name, family]));

/** As Grafana sends it. */
function filledIn(promql: string): string {
  return promql.replace(/\$__(?:rate_)?interval/g, '1m').replace(/\$(?:job|instance|host)\b/g, '.*');
}

function parsed(promtool: string, expressions: readonly string[]): { code: number | null; text: string } {
  const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-queries-'));
  try {
    const rules = expressions.map((expr, index) => ({ record: `query:${index}`, expr }));
    const file = join(dir, 'queries.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }));
    return saying(promtool, ['check', 'rules', '--lint=none', file]);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('the dashboard', () => {
  it('has queries that Prometheus can parse', async (context) => {
    const { promtool } = await toolsFor(context);
    const said = parsed(promtool, queries.map(filledIn));
    expect(said).toMatchObject({ code: 0 });
    expect(said.text).toContain(`SUCCESS: ${queries.length} rules found`);
    expect(parsed(promtool, ['sum(ksmpilot_saved_bytes']).code).not.toBe(0);
  });

  it('asks for metrics that there are, with labels that they have', () => {
    expect(queries.length).toBeGreaterThan(40);
    const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    for (const name of [...queries, ...variables].flatMap(metricsIn)) {
      expect([name, byName.has(name.replace(/_bucket$/, ''))]).toEqual([name, true]);
    }
    for (const query of queries) {
      const filters = /(ksmpilot_\w+)\{([^}]*)\}/g;
      for (const [, name = '', matchers = ''] of query.matchAll(filters)) {
        const labels = [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label);
        const known = ['job', 'instance', 'host', ...(byName.get(name.replace(/_bucket$/, ''))?.labels ?? [])];
        expect(labels.filter((label) => !known.includes(label ?? ''))).toEqual([]);
      }
    }
  });

  it('chooses by job, instance and host in every query', () => {
    for (const query of queries) expect(query).toContain('{job="$job", instance=~"$instance", host=~"$host"');
  });

  it('names and explains every panel, and lays none over another', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, description, targets } of panels) {
      expect([title, description?.endsWith('.')]).toEqual([title, true]);
      expect(targets?.length).toBeGreaterThan(0);
    }
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, x < 24, taken.has(`${x} ${y}`)]).toEqual([title, true, false]);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

describe('the queries of the fleet view', () => {
  it('are what Prometheus can parse', async (context) => {
    const { promtool } = await toolsFor(context);
    expect(parsed(promtool, Object.values(fleetQueries))).toMatchObject({ code: 0 });
  });
});
