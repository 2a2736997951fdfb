import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../../../bench/bakeoff/refusal.js';
import { readRows, RowStore } from '../../../../bench/bakeoff/store.js';
import type { Row } from '../../../../bench/bakeoff/types.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakeoff-store-'));
  path = join(folder, 'rows.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

function row(change: Partial<Row> = {}): Row {
  return {
    workload: 'storm',
    policy: 'off',
    repeat: 1,
    price: null,
    window_s: 60,
    saved_gib_s: 1,
    reachable_gib_s: 2,
    reachable_mib: 3,
    ksmd_cpu_s: 0.5,
    agent_cpu_s: 0.1,
    cow_breaks: 7,
    cow_break_cost_s: 1e-6,
    guest_slowdown_pct: null,
    guest_rate: null,
    net_4: 0.25,
    net_8: 0.1,
    net_16: 0,
    t95_s: null,
    peak_10s_cpu_pct: 10,
    tail_cpu_pct: 1,
    full_scans: 3,
    order: 1,
    at: '2026-01-02T03:04:05.000Z',
    foreign_load: 0,
    build: 'abc',
    kernel: '6.18.0',
    trace: [],
    ...change,
  };
}

describe('RowStore', () => {
  it('is on disk after each row, and read back the same', () => {
    const store = new RowStore({ path });
    store.add(row());
    expect(readRows(path)).toEqual([row()]);
    store.add(row({ policy: 'ksmpilot', price: 8, order: 2 }));
    store.add(row({ policy: 'ksmpilot', price: 16, order: 3 }));
    expect(readRows(path)).toEqual(store.rows);
    expect(store.rows).toHaveLength(3);
    expect(readdirSync(folder)).toEqual(['rows.json']);
  });

  it('puts a new row in the place of the old one of that cell', () => {
    const store = new RowStore({ path, rows: [row({ net_4: 1 }), row({ repeat: 2 })] });
    store.add(row({ net_4: 9 }));
    expect(readRows(path).map(({ repeat, net_4 }) => [repeat, net_4])).toEqual([
      [1, 9],
      [2, 0.25],
    ]);
    expect(store.get(row())?.net_4).toBe(9);
    expect(store.get(row({ price: 4 }))).toBeUndefined();
  });

  it('sorts by repeat, then by the order in which they ran', () => {
    const store = new RowStore({
      path: undefined,
      rows: [row({ repeat: 2, order: 4 }), row({ policy: 'cap', order: 2 }), row({ order: 1 })],
    });
    expect(store.rows.map(({ order }) => order)).toEqual([1, 2, 4]);
  });

  it('leaves an array also without rows', () => {
    new RowStore({ path }).save();
    expect(readFileSync(path, 'utf8')).toBe('[]\n');
  });

  it('writes nowhere without a file', () => {
    new RowStore({ path: undefined }).add(row());
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('readRows', () => {
  it('has none where there is no file', () => {
    expect(readRows(path)).toEqual([]);
  });

  it.each([
    ['{', /cannot be read/],
    ['{}', /no array/],
    ['[1]', /row 1 of .* has no fields/],
    [JSON.stringify([row(), { ...row(), net_8: undefined }]), /row 2 of .* has no net_8/],
    [JSON.stringify([{ ...row(), build: 3 }]), /has no build/],
    [JSON.stringify([{ ...row(), price: '8' }]), /has no price/],
    [JSON.stringify([{ ...row(), trace: undefined }]), /has no trace/],
  ])('refuses %.30s', (text, why) => {
    writeFileSync(path, text);
    expect(() => readRows(path)).toThrow(why);
    expect(() => readRows(path)).toThrow(Refusal);
  });
});
