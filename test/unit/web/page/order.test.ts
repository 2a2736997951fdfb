import { describe, expect, it } from 'vitest';
import type { Process__Output } from '../../../../proto/generated/ksmpilot/v1/Process.js';
import { ordered, type Order } from '../../../../web/page/order.js';

const PROCESSES: readonly Process__Output[] = [
  { pid: 3, comm: 'b', saved_bytes: 10, ended: false },
  { pid: 1, comm: 'c', ended: false },
  { pid: 2, comm: 'a', saved_bytes: 30, ended: false },
  { pid: 4, comm: 'a', saved_bytes: 10, ended: true },
];
type Key = 'pid' | 'comm' | 'saved_bytes';
const pids = (order: Order<Key>): number[] => ordered(PROCESSES, order, ({ pid }) => pid).map(({ pid }) => pid);

describe('ordered', () => {
  it('puts unknown last in either direction, and equals by pid', () => {
    expect(pids({ key: 'saved_bytes', descending: true })).toEqual([2, 3, 4, 1]);
    expect(pids({ key: 'saved_bytes', descending: false })).toEqual([3, 4, 2, 1]);
  });

  it('sorts names', () => {
    expect(pids({ key: 'comm', descending: false })).toEqual([2, 4, 3, 1]);
  });

  it('sorts names as people count, and equals by their tie', () => {
    const names = ['vm-10', 'vm-2', 'db'].map((name) => ({ name }));
    const by = { key: 'name', descending: false } as const;
    expect(ordered(names, by, ({ name }) => name).map(({ name }) => name)).toEqual(['db', 'vm-2', 'vm-10']);
    const equal = ['b', 'a'].map((name) => ({ name, saved: 1 }));
    const bySaved = { key: 'saved', descending: true } as const;
    expect(ordered(equal, bySaved, ({ name }) => name).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('leaves its argument alone', () => {
    pids({ key: 'pid', descending: false });
    expect(PROCESSES.map(({ pid }) => pid)).toEqual([3, 1, 2, 4]);
  });
});
