import { expect, it } from 'vitest';
import { ClusterSums } from '../../../../src/agent/estimate/cluster-sums.js';

it('adds up by cluster, and squares the sums, not the parts', () => {
  const sums = new ClusterSums(2);
  sums.add(undefined, [100, 1]);
  sums.add(7, [2, 0]);
  sums.add(7, [3, 0]);
  sums.add(8, [4, 5]);
  sums.add(9, [0, 0]);
  expect(sums.evidence(0)).toEqual({ certain: 100, sum: 9, squares: 25 + 16, largest: 5 });
  expect(sums.evidence(1)).toEqual({ certain: 1, sum: 5, squares: 25, largest: 5 });
});
