import { describe, expect, it } from 'vitest';
import type { FleetRow, FleetSums } from '../../../../../../web/page/views/fleet/fleet-answer.js';
import {
  modeWords,
  outlierWords,
  riskWords,
  stateWords,
  sumFigures,
  summaryOf,
} from '../../../../../../web/page/views/fleet/fleet-words.js';

const GIB = 2 ** 30;
const ROW: FleetRow = {
  name: 'hv-1',
  state: 'connected',
  detail: '',
  age_ms: 900,
  saved_bytes: GIB,
  net_cores: 0.1,
  mode: 'auto',
  paused: false,
  at_risk: false,
  trend: [],
};
const SUMS: FleetSums = { hosts: 2, connected: 2, saved_bytes: 2 * GIB, net_cores: 0.2, with_problems: 0, at_risk: 0 };

describe('the fleet in words', () => {
  it('says how many save what', () => {
    expect(summaryOf({ sums: SUMS, hosts: [ROW, ROW] })).toBe('2 hosts save 2.00 GiB, worth +0.200 cores.');
    expect(summaryOf({ sums: { ...SUMS, connected: 1 }, hosts: [ROW, { ...ROW, net_cores: -0.1 }] })).toBe(
      '1 of 2 hosts save 2.00 GiB, worth +0.200 cores. 1 costs more than it saves.',
    );
    expect(summaryOf({ sums: { ...SUMS, connected: 1, saved_bytes: null }, hosts: [ROW] })).toBe(
      '1 host answers; what they save is not known.',
    );
    expect(summaryOf({ sums: SUMS, hosts: [] })).toBe('No hosts.');
  });

  it('says what a host stands out by', () => {
    expect(outlierWords({ name: 'a', measure: 'cost_per_gib', value: 0.21, median: 0.02 }, 12)).toBe(
      'spends 21.0 % of a core on each GiB saved; the median of 12 hosts is 2.0 %.',
    );
    expect(outlierWords({ name: 'a', measure: 'breaks_per_gib', value: 4_200, median: 35 }, 12)).toBe(
      'breaks 4.20 k merged pages a second for each GiB saved; the median of 12 hosts is 35.',
    );
    expect(outlierWords({ name: 'a', measure: 'cost_without_saving', value: 0.3 }, 12)).toBe(
      'spends 30.0 % of a core on scanning and saves next to nothing.',
    );
  });

  it('says how a host fares', () => {
    expect(stateWords(ROW)).toBe('live');
    expect(stateWords({ ...ROW, state: 'lost' })).toBe('lost');
    expect(stateWords({ ...ROW, age_ms: 90_000 })).toBe('no sample for 1.5 min');
    expect(stateWords({ name: 'x', state: 'connected', detail: '', at_risk: false, trend: [] })).toBe('no sample yet');
    expect([modeWords(ROW), modeWords({ ...ROW, paused: true }), modeWords({ ...ROW, mode: '' })]).toEqual([
      'auto',
      'auto, paused',
      '–',
    ]);
    expect(riskWords({ ...ROW, unmerge_needed_bytes: 3 * GIB, unmerge_usable_bytes: GIB })).toBe(
      '2.00 GiB would be missing if all unmerged at once',
    );
    expect(riskWords(ROW)).toBe('');
  });

  it('shows what is unknown as a dash', () => {
    for (const { value } of sumFigures(undefined)) expect(value).toContain('–');
    expect(sumFigures({ ...SUMS, mem_total_bytes: 8 * GIB })[0]).toMatchObject({
      value: '2.00 GiB',
      more: '25.0 % of 8.00 GiB',
    });
    expect(sumFigures({ ...SUMS, at_risk: 1 }).at(-1)?.more).toContain('1 could not unmerge all');
  });
});
