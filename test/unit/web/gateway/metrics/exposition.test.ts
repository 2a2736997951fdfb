import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expose, escapeValue } from '../../../../../web/gateway/metrics/exposition.js';
import { labelled, single, type Family } from '../../../../../web/gateway/metrics/family.js';
import type { AgentReading } from '../../../../../web/gateway/metrics/reading.js';

const READING: AgentReading = { status: undefined, host: undefined, tuner: undefined, guests: undefined };
const ONE = [{ host: undefined, reading: READING }];

const FAMILIES: readonly Family[] = [
  single('gauge', 'ksmpilot_saved_bytes', 'A "quoted" \\ help.', () => -4096),
  single('counter', 'ksmpilot_ksmd_cpu_seconds_total', 'CPU.', () => 1e-7),
  single('gauge', 'ksmpilot_unknown', 'Never told.', () => undefined),
  single('gauge', 'ksmpilot_not_a_number', 'Never told either.', () => NaN),
  labelled('info', 'ksmpilot_build_info', 'Version.', ['version'], () => [{ labels: { version: '1' }, value: 1 }]),
  {
    type: 'histogram',
    name: 'ksmpilot_lifetime_seconds',
    help: 'Ages.',
    labels: ['by'],
    distributions: () => [
      {
        labels: { by: 'x' },
        buckets: [
          ['1.0', 2],
          ['+Inf', 3],
        ],
      },
    ],
  },
];

describe('format 0.0.4', () => {
  it('has help, type and series of what is known, and nothing of what is not', () => {
    expect(expose({ families: FAMILIES, hosts: ONE, guests: 'all', format: 'text' })).toBe(
      [
        '# HELP ksmpilot_saved_bytes A "quoted" \\\\ help.',
        '# TYPE ksmpilot_saved_bytes gauge',
        'ksmpilot_saved_bytes -4096',
        '# HELP ksmpilot_ksmd_cpu_seconds_total CPU.',
        '# TYPE ksmpilot_ksmd_cpu_seconds_total counter',
        'ksmpilot_ksmd_cpu_seconds_total 1e-7',
        '# HELP ksmpilot_build_info Version.',
        '# TYPE ksmpilot_build_info gauge',
        'ksmpilot_build_info{version="1"} 1',
        '# HELP ksmpilot_lifetime_seconds Ages.',
        '# TYPE ksmpilot_lifetime_seconds histogram',
        'ksmpilot_lifetime_seconds_bucket{by="x",le="1.0"} 2',
        'ksmpilot_lifetime_seconds_bucket{by="x",le="+Inf"} 3',
        '',
      ].join('\n'),
    );
  });
});

describe('OpenMetrics', () => {
  it('names families without their suffix, tells units, and ends with EOF', () => {
    expect(expose({ families: FAMILIES, hosts: ONE, guests: 'all', format: 'openmetrics' })).toBe(
      [
        '# TYPE ksmpilot_saved_bytes gauge',
        '# UNIT ksmpilot_saved_bytes bytes',
        '# HELP ksmpilot_saved_bytes A \\"quoted\\" \\\\ help.',
        'ksmpilot_saved_bytes -4096',
        '# TYPE ksmpilot_ksmd_cpu_seconds counter',
        '# UNIT ksmpilot_ksmd_cpu_seconds seconds',
        '# HELP ksmpilot_ksmd_cpu_seconds CPU.',
        'ksmpilot_ksmd_cpu_seconds_total 1e-7',
        '# TYPE ksmpilot_build info',
        '# HELP ksmpilot_build Version.',
        'ksmpilot_build_info{version="1"} 1',
        '# TYPE ksmpilot_lifetime_seconds histogram',
        '# UNIT ksmpilot_lifetime_seconds seconds',
        '# HELP ksmpilot_lifetime_seconds Ages.',
        'ksmpilot_lifetime_seconds_bucket{by="x",le="1.0"} 2',
        'ksmpilot_lifetime_seconds_bucket{by="x",le="+Inf"} 3',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  it('has no sum, which is not known, and then no count either (OpenMetrics 1.0.0: one only with the other)', () => {
    const text = expose({ families: FAMILIES, hosts: ONE, guests: 'all', format: 'openmetrics' });
    expect(text).not.toMatch(/_(sum|count)\b/);
  });
});

it('puts the host first where several agents are served, each family in one piece', () => {
  const hosts = ['a', 'b'].map((host) => ({ host, reading: READING }));
  const text = expose({ families: FAMILIES, hosts, guests: 'all', format: 'text' });
  expect(text.match(/^ksmpilot_saved_bytes.*$/gm)).toEqual([
    'ksmpilot_saved_bytes{host="a"} -4096',
    'ksmpilot_saved_bytes{host="b"} -4096',
  ]);
  expect(text.match(/^# TYPE ksmpilot_saved_bytes /gm)).toHaveLength(1);
  expect(text).toContain('ksmpilot_lifetime_seconds_bucket{host="b",by="x",le="+Inf"} 3');
});

it('escapes any value so that a scraper reads back the same', () => {
  const unit = fc.constantFrom('"', '\\', '\n', 'n', 'a', 'ü', '🐏', '\0', '}', '\r');
  fc.assert(
    fc.property(fc.string({ unit }), (value) => {
      const text = escapeValue(value);
      if (/\n|(?<!\\)(?:\\\\)*"/.test(text)) throw new Error(`a value would end early: ${text}`);
      return text.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one)) === value;
    }),
  );
});
