import { describe, expect, test } from 'vitest';

import { GuestLedger } from '../../../../src/agent/guests/ledger.js';

type Row = Parameters<GuestLedger['update']>[0]['rows'][number];

function row(pid: number, merges: number | null, breaks: number | null = merges): Row {
  return { pid, mergesTotal: merges, cowBreaksTotal: breaks, cowBreaksSeen: breaks, zeroBreaksTotal: breaks };
}

/** `pid: [start, identity]` of those that live. */
type Living = Record<number, readonly [number, string?]>;

function ledger(): {
  update: (monoMs: number, living: Living, ...rows: Row[]) => void;
  totals: (identity: string) => (number | null)[];
  perSec: (identity: string) => number | null;
} {
  const kept = new GuestLedger();
  return {
    update: (monoMs, living, ...rows) => {
      const startTicks = new Map<number, number>();
      const identities = new Map<number, string>();
      for (const [pid, [start, identity]] of Object.entries(living)) {
        startTicks.set(Number(pid), start);
        if (identity !== undefined) identities.set(Number(pid), identity);
      }
      kept.update({ rows, startTicks, identities, monoMs });
    },
    totals: (identity) => {
      const { mergesTotal, cowBreaksTotal } = kept.of(identity);
      return [mergesTotal, cowBreaksTotal];
    },
    perSec: (identity) => kept.of(identity).mergesPerSec,
  };
}

describe('totals by guest', () => {
  test('sum over its processes, and stay when one of them has gone', () => {
    const { update, totals, perSec } = ledger();
    update(0, { 1: [10, 'vm'], 2: [20, 'vm'] }, row(1, 100, 7), row(2, 50, 3));
    expect(totals('vm')).toEqual([150, 10]);
    expect(perSec('vm')).toBeNull();
    update(2000, { 1: [10, 'vm'] }, row(1, 120, 7), row(2, 60, 4));
    expect(totals('vm')).toEqual([180, 11]);
    expect(perSec('vm')).toBe(15);
    update(3000, { 1: [10, 'vm'] }, row(1, 120, 7));
    expect(totals('vm')).toEqual([180, 11]);
    expect(perSec('vm')).toBe(0);
  });

  test('go on over a restart of the same identity', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'vm'] }, row(1, 100));
    update(1000, {}, row(1, 101, 101));
    update(90_000, {});
    update(91_000, { 5: [900, 'vm'] }, row(5, 3));
    expect(totals('vm')).toEqual([104, 104]);
  });

  test('a pid that is used again adds nothing to its former guest', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'vm'] }, row(1, 100));
    update(1000, { 1: [900, 'other'] }, row(1, 5));
    expect([totals('vm'), totals('other')]).toEqual([
      [100, 100],
      [5, 5],
    ]);
  });

  test('what is not identified yet is counted in full once it is', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10] }, row(1, 100));
    update(1000, { 1: [10, 'vm'] }, row(1, 110));
    expect(totals('vm')).toEqual([110, 110]);
  });

  test('a process that only the probes saw belongs to nobody', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'vm'] }, row(1, 1), row(77, 500));
    expect(totals('vm')).toEqual([1, 1]);
  });

  test('without probes nothing is known, and that is not 0', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'vm'] }, row(1, null));
    expect(totals('vm')).toEqual([null, null]);
    update(1000, { 1: [10, 'vm'] }, row(1, 5, null));
    expect(totals('vm')).toEqual([5, null]);
  });

  test('an estimate that was too high is neither taken back nor counted twice', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'vm'] }, row(1, 100));
    update(1000, { 1: [10, 'vm'] }, row(1, 90));
    expect(totals('vm')).toEqual([100, 100]);
    update(2000, { 1: [10, 'vm'] }, row(1, 105));
    expect(totals('vm')).toEqual([105, 105]);
  });

  test('lone processes are forgotten with their end, guests long after it', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'process/1@10'], 2: [20, 'vm'] }, row(1, 9), row(2, 9));
    update(1000, { 1: [10, 'process/1@10'] }, row(1, 9));
    expect([totals('process/1@10'), totals('vm')]).toEqual([
      [9, 9],
      [9, 9],
    ]);
    update(2000, { 3: [30, 'other'] }, row(3, 1));
    expect([totals('process/1@10'), totals('vm')]).toEqual([
      [0, 0],
      [9, 9],
    ]);
  });

  test('is bounded: those that are longest gone go first', () => {
    const { update, totals } = ledger();
    update(0, { 1: [10, 'first'] }, row(1, 1));
    for (let round = 0; round < 100; round++) {
      const pids = Array.from({ length: 100 }, (_, index) => 1000 + round * 100 + index);
      update(
        1000 + round,
        Object.fromEntries(pids.map((pid) => [pid, [pid, `vm${pid}`] as const])),
        ...pids.map((pid) => row(pid, 1)),
      );
    }
    expect(totals('first')).toEqual([0, 0]);
    expect(totals('vm1000')).toEqual([0, 0]);
    expect(totals('vm10999')).toEqual([1, 1]);
  });
});
