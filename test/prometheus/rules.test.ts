import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/agent/errors.js';
import { packageRoot } from '../../src/agent/paths.js';
import { FAMILIES } from '../../web/gateway/metrics/catalogue.js';
import { fleetQueries } from '../../web/gateway/metrics/queries.js';
import { metricsIn, saying, toolsFor, usePrometheus } from '../helpers/prometheus.js';
import { exists, readSource } from '../helpers/source-tree.js';

usePrometheus();

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const RULES = 'deploy/prometheus/ksmpilot.rules.yml';
const { groups } = parse(readSource(RULES)) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

/** Names of series that scrapes bring. */
const exposed = new Set(
  FAMILIES.flatMap((family) => (family.type === 'histogram' ? [`${family.name}_bucket`] : [family.name])),
);

describe('rules', () => {
  it('are what Prometheus takes', async (context) => {
    const { promtool } = await toolsFor(context);
    const { code, text } = saying(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', RULES], {
      cwd: packageRoot,
    });
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(text).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('come in with the example of a configuration', async (context) => {
    const { promtool } = await toolsFor(context);
    const said = saying(promtool, ['check', 'config', 'deploy/prometheus/prometheus.yml'], { cwd: packageRoot });
    expect(said).toMatchObject({ code: 0 });
    expect(said.text).toContain('1 rule files found');
  });

  it('fire where they must, and only there', async (context) => {
    const { promtool } = await toolsFor(context);
    expect(saying(promtool, ['test', 'rules', 'test/prometheus/alerts.yml'], { cwd: packageRoot })).toMatchObject({
      code: 0,
    });
  });

  it('are tested one and all', () => {
    const tests = readSource('test/prometheus/alerts.yml');
    for (const { alert } of alerts) expect(tests).toContain(`alertname: ${alert ?? ''}\n`);
    for (const name of recorded) expect(tests).toContain(name);
  });

  it('ask for metrics that there are', () => {
    const asked = [...rules.map(({ expr }) => expr), ...Object.values(fleetQueries)].flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !exposed.has(name) && !recorded.has(name))).toEqual([]);
  });
});

it('knows problems by codes that there are', () => {
  const patterns = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/code=~"([^"]+)"/g)].map(([, pattern = '']) => pattern),
  );
  expect(patterns.length).toBeGreaterThan(0);
  for (const pattern of patterns) {
    const known = Object.keys(ERROR_CODES).filter((code) => new RegExp(`^(?:${pattern})$`).test(code));
    expect([pattern, known]).toEqual([pattern, expect.arrayContaining([expect.any(String)])]);
  }
});

describe('every alert', () => {
  it.each(alerts)('$alert says what is wrong and leads to what to do', ({ alert = '', annotations = {} }) => {
    expect(annotations['summary']).toContain('$labels.instance');
    expect(annotations['description']).toMatch(/\.$/);
    const [path = '', anchor] = (annotations['runbook'] ?? '').split('#');
    expect(anchor).toBe(alert.toLowerCase());
    expect(exists(path)).toBe(true);
    expect(readSource(path)).toContain(`\n## ${alert}\n`);
  });

  it('has no runbook without an alert', () => {
    const told = [...readSource('docs/alerts.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(told).toEqual(alerts.map(({ alert }) => alert));
  });
});
