import { describe, expect, it } from 'vitest';
import type { Process__Output } from '../../../../proto/generated/ksmpilot/v1/Process.js';
import { ordered, type Order } from '../../../../web/page/process-order.js';

const PROCESSES: readonly Process__Output[] = [
  { pid: 3, comm: 'b', saved_bytes: 10, ended: false },
  { pid: 1, comm: 'c', ended: false },
  { pid: 2, comm: 'a', saved_bytes: 30, ended: false },
  { pid: 4, comm: 'a', saved_bytes: 10, ended: true },
];
const pids = (order: Order): number[] => ordered(PROCESSES, order).map(({ pid }) => pid);

describe('ordered', () => {
  it('puts unknown last in either direction, and equals by pid', () => {
    expect(pids({ key: 'saved_bytes', descending: true })).toEqual([2, 3, 4, 1]);
    expect(pids({ key: 'saved_bytes', descending: false })).toEqual([3, 4, 2, 1]);
  });

  it('sorts names', () => {
    expect(pids({ key: 'comm', descending: false })).toEqual([2, 4, 3, 1]);
  });

  it('leaves its argument alone', () => {
    pids({ key: 'pid', descending: false });
    expect(PROCESSES.map(({ pid }) => pid)).toEqual([3, 1, 2, 4]);
  });
});
