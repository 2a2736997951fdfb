import { expect, it } from 'vitest';
import { summary } from '../../../../bench/bakeoff/summary.js';
import { rowWith } from '../../../helpers/bakeoff-rows.js';

const figures = {
  saved_gib_s: 12.345,
  reachable_gib_s: 20,
  ksmd_cpu_s: 1.5,
  agent_cpu_s: 0.4,
  peak_10s_cpu_pct: 12,
  tail_cpu_pct: 3,
};
const ROWS = [
  rowWith({ ...figures, policy: 'off', net_4: 0, net_8: 0, net_16: 0 }),
  ...[-2, 1, 3].map((net) =>
    rowWith({ ...figures, policy: 'default', net_4: 2 * net, net_8: net, net_16: -1, t95_s: 7 }),
  ),
  rowWith({ ...figures, policy: 'cap', net_4: 99, net_8: 99, net_16: 99 }),
  rowWith({ ...figures, policy: 'ksmpilot', price: 8, net_4: 50, net_8: 4, net_16: 50 }),
  rowWith({ ...figures, workload: 'idle', policy: 'off', net_4: 0, net_8: 0, net_16: 0 }),
];

it('is a table of medians, the best of each workload and price marked', () => {
  expect(summary(ROWS)).toBe(
    [
      'storm          net 4  net 8  net 16  saved GiB s     of  ksmd s  agent s  t95 s  peak %  tail %  runs',
      'off             0.00   0.00   *0.00        12.35  20.00    1.50     0.40      -    12.0     3.0     1',
      'default        *2.00   1.00   −1.00        12.35  20.00    1.50     0.40    7.0    12.0     3.0     3',
      'cap            99.00  99.00   99.00        12.35  20.00    1.50     0.40      -    12.0     3.0     1',
      'ksmpilot at 8         *4.00                12.35  20.00    1.50     0.40      -    12.0     3.0     1',
      '',
      'idle           net 4  net 8  net 16  saved GiB s     of  ksmd s  agent s  t95 s  peak %  tail %  runs',
      'off            *0.00  *0.00   *0.00        12.35  20.00    1.50     0.40      -    12.0     3.0     1',
    ].join('\n'),
  );
});

it('is empty without rows', () => {
  expect(summary([])).toBe('');
});
