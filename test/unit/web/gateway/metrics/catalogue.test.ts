import { beforeAll, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../../web/gateway/metrics/catalogue.js';
import { startFakePage } from '../../../../helpers/fake-page.js';
import { ask } from '../../../../helpers/http.js';

/** What agents of every kind tell together. */
let told = '';

beforeAll(async () => {
  for (const profile of ['full', 'exact', 'bare'] as const) {
    const page = await startFakePage({ profile });
    told += (await ask({ port: page.port, path: '/metrics' })).body;
    await page.stop();
  }
});

describe('every metric', () => {
  it('has a name of its own, by the conventions', () => {
    const names = FAMILIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of FAMILIES) {
      expect(name).toMatch(/^ksmpilot_[a-z0-9]+(_[a-z0-9]+)*$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect([name, name.endsWith('_info')]).toEqual([name, type === 'info']);
      expect(name).not.toMatch(/_(pct|percent|ms|us|ns|millisecs|kb|mib|gib|count|sum|bucket)(_|$)/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('says in one sentence what it is', () => {
    for (const { name, help } of FAMILIES) {
      expect([name, help]).toEqual([name, expect.stringMatching(/^[^\n]{10,160}\.$/)]);
    }
  });

  it('has the labels that are declared, and no other', () => {
    const labels = new Map(FAMILIES.map(({ name, labels: declared }) => [name, [...declared]]));
    const series = [...told.matchAll(/^(ksmpilot_\w+?)(_bucket)?(?:\{(.*)\})? \S+$/gm)];
    expect(series.length).toBeGreaterThan(400);
    for (const [line, name = '', bucket, text = ''] of series) {
      const found = [...text.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label);
      expect([line, found]).toEqual([line, [...(labels.get(name) ?? ['?']), ...(bucket === undefined ? [] : ['le'])]]);
    }
  });

  it('is told by some agent', () => {
    const absent = FAMILIES.filter(({ name }) => !new RegExp(`^${name}(_bucket)?[{ ]`, 'm').test(told));
    // What fake agents do not know: the ledger's finer parts, and what needs a decision in the status.
    expect(absent.map(({ name }) => name)).toEqual([
      'ksmpilot_tuner_phase',
      'ksmpilot_guest_zero_bytes',
      'ksmpilot_guest_rmap_item_bytes',
      'ksmpilot_guest_ksmd_cores',
      'ksmpilot_guest_merge_lifetime_median_seconds',
      'ksmpilot_guest_zero_breaks_total',
      'ksmpilot_rest_zero_bytes',
      'ksmpilot_rest_rmap_item_bytes',
      'ksmpilot_rest_ksmd_cores',
    ]);
  });
});
