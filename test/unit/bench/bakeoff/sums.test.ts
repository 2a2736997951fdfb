import { expect, it } from 'vitest';
import { contests } from '../../../../bench/bakeoff/compare.js';
import { BEST_FIXED, BEST_OF_ALL, isRival, sums } from '../../../../bench/bakeoff/sums.js';
import { rowWith } from '../../../helpers/bakeoff-rows.js';

const row = (workload: string, policy: string, net_8: number) =>
  rowWith({ workload, policy, net_8, price: policy === 'ksmpilot' ? 8 : null });

const ROWS = [
  row('storm', 'off', 0),
  row('storm', 'fixed:1/10', 3),
  row('storm', 'fixed:9/10', 5),
  row('storm', 'kata', 9),
  row('storm', 'cap', 99),
  row('storm', 'ksmpilot', 6),
  row('idle', 'off', 0),
  row('idle', 'fixed:1/10', -1),
  row('idle', 'fixed:9/10', -4),
  row('idle', 'ksmpilot', -0.25),
  row('churn', 'off', 0),
];

it('adds up the workloads that both have run, the closest policy first', () => {
  const found = sums(contests(ROWS), 8);
  expect(found.map((sum) => [sum.against, sum.ours, sum.theirs, sum.workloads])).toEqual([
    ['kata', 6, 9, 1],
    ['fixed:1/10', 5.75, 2, 2],
    ['fixed:9/10', 5.75, 1, 2],
    ['off', 5.75, 0, 2],
    [BEST_FIXED, 5.75, 4, 2],
    [BEST_OF_ALL, 5.75, 9, 2],
  ]);
});

it('demands to be above all but what nobody can run', () => {
  const found = sums(contests(ROWS), 8);
  expect(found.filter((sum) => !isRival(sum)).map(({ against }) => against)).toEqual([BEST_OF_ALL]);
});

it('has nothing where ours has not run at this price', () => {
  expect(sums(contests(ROWS), 16)).toEqual([]);
});
