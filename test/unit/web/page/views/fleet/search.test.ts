import { describe, expect, it } from 'vitest';
import type { FleetRow } from '../../../../../../web/page/views/fleet/fleet-answer.js';
import { search } from '../../../../../../web/page/views/fleet/search.js';

const row = (name: string, more: Partial<FleetRow> = {}): FleetRow => ({
  name,
  state: 'connected',
  detail: '',
  age_ms: 0,
  mode: 'auto',
  at_risk: false,
  trend: [],
  ...more,
});

const ROWS = [
  row('hv-1', { hostname: 'rack1.example' }),
  row('hv-2', { mode: 'observe', paused: true }),
  row('hv-3', { state: 'lost', problem_codes: ['KSM_STOPPED'] }),
  row('hv-4', { at_risk: true, version: '0.2.0' }),
];

describe('a search for hosts', () => {
  it.each([
    ['', ['hv-1', 'hv-2', 'hv-3', 'hv-4']],
    ['HV-1', ['hv-1']],
    ['rack1', ['hv-1']],
    ['mode:observe', ['hv-2']],
    ['mode:paused', ['hv-2']],
    ['state:lost', ['hv-3']],
    ['state:live', ['hv-1', 'hv-2', 'hv-4']],
    ['problem:ksm', ['hv-3']],
    ['problem:risk', ['hv-4']],
    ['version:0.2', ['hv-4']],
    ['hv mode:auto state:live', ['hv-1', 'hv-4']],
    ['constructor:x', []],
  ])('%j finds %j', (text, names) => expect(search(ROWS, text).map(({ name }) => name)).toEqual(names));
});
