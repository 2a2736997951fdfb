import { describe, expect, it } from 'vitest';
import { disturbed, machineLine } from '../../../../../bench/bakeoff/report/method.js';
import { rowWith } from '../../../../helpers/bakeoff-rows.js';

describe('the line about the machine', () => {
  it('has kernel, time and other load from the rows', () => {
    const rows = [
      rowWith({
        kernel: '6.18.44-2-generic',
        at: '2026-01-02T03:04:05.000Z',
        foreign_load: 0.1,
        cow_break_cost_s: 2.5e-6,
      }),
      rowWith({ kernel: '6.19.0-rc3-x', at: '2026-01-01T23:59:05.000Z', foreign_load: 0.3, cow_break_cost_s: 2.5e-6 }),
    ];
    expect(machineLine(rows, undefined).split('\n')).toEqual([
      'Linux 6.18.44, Linux 6.19.0-rc3.',
      '2 runs from 2026-01-01 23:59 to 2026-01-02 03:04.',
      'Other load on the machine: 0.20 (0.10 to 0.30) cores.',
      'A COW break costs 2500 ns.',
    ]);
  });

  it('says aloud what cannot be set side by side', () => {
    const rows = [rowWith({ build: 'a' }), rowWith({ build: 'b', window_s: 20 })];
    expect(machineLine(rows, undefined)).toContain('**Not alike: storm under default ran from different builds');
    expect(machineLine(rows, undefined)).toContain('**Not alike: storm ran with windows of different length.**');
  });
});

it('names the runs that others disturbed, the worst first', () => {
  const rows = [0.1, 0.5, 1.5].map((foreign_load, index) => rowWith({ foreign_load, repeat: index + 1 }));
  expect(disturbed(rows, 0.3)).toBe(
    '2 runs had more than 0.3 cores of other load beside them, the highest: storm under default (3): 1.50 and storm under default (2): 0.50.',
  );
  expect(disturbed(rows, 2)).toBeUndefined();
});
