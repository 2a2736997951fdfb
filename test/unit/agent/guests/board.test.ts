import { describe, expect, test } from 'vitest';

import { GuestBoard, type GuestInput } from '../../../../src/agent/guests/board.js';
import { derive } from '../../../../src/agent/model/derive.js';
import { barOf, NO_BARS } from '../../../../src/agent/model/lifetime.js';
import type { GuestTable, ProcessFacts } from '../../../../src/agent/model/guest.js';
import type { CowTotals, ProbeSnapshot, ProcessProbeTotals, ScannerTotals } from '../../../../src/agent/model/probe.js';
import { ProcessTable } from '../../../../src/agent/model/process-table.js';
import type { ProcessRaw, Sample } from '../../../../src/agent/model/raw.js';

const PAGE = 4096;
const SCANNER: ScannerTotals = {
  ...{ fullScans: 0, mergesNew: 0, mergesInto: 0, mergesZero: 0, failures: {} },
  ...{ removedRmapItems: 0, removedKsmPages: 0, entered: 0, exited: 0 },
};
const COW: CowTotals = {
  ...{ tier: 'kprobe', attributed: 0, byUser: 0, byKernel: 0, byGuest: 0, zero: 0 },
  ...{ mergeLifetime: [], lifetimeSampledOneIn: 1 },
};
const GIB = 2 ** 30;

function qemu(pid: number, name: string): ProcessFacts {
  const cmdline = ['kvm', '-id', String(pid), '-name', name, '-pidfile', `/run/qemu-server/${pid}.pid`, ''].join('\0');
  const cgroup = `0::/qemu.slice/${pid}.scope`;
  return {
    pid,
    startTicks: pid,
    ppid: 1,
    uid: 0,
    kernelThread: false,
    comm: 'kvm',
    exe: '/usr/bin/kvm',
    cmdline,
    cgroup,
  };
}

function raw(pid: number, pages: number, rest: Partial<ProcessRaw> = {}): ProcessRaw {
  const ksm = { ksm_merging_pages: pages, ksm_rmap_items: pages, ksm_zero_pages: 0, ksm_mergeable: true };
  return { pid, startTicks: pid, comm: 'kvm', rssAnonPages: pages, ...ksm, ...rest };
}

/** A board that is fed as the sampler would feed it. */
function board(
  ...facts: ProcessFacts[]
): (
  seq: number,
  processes: ProcessRaw[],
  probed?: ProcessProbeTotals[],
  rest?: Partial<GuestInput>,
) => { table: GuestTable; input: GuestInput } {
  const byPid = new Map(facts.map((one) => [one.pid, one]));
  const guests = new GuestBoard((pid) => {
    const found = byPid.get(pid);
    return found === undefined ? { state: 'gone' } : { state: 'read', facts: found };
  });
  const rows = new ProcessTable();
  let previous: { sample: Sample; derived: ReturnType<typeof derive> } | undefined;
  return (seq, processes, probed, rest = {}) => {
    const merging = processes.reduce((sum, { ksm_merging_pages = 0 }) => sum + ksm_merging_pages, 0);
    const pages_shared = merging / 10;
    const sample: Sample = {
      seq,
      timeMs: seq * 1000,
      monoMs: seq * 1000,
      ksm: {
        pages_shared,
        pages_sharing: merging - pages_shared,
        pages_unshared: 0,
        pages_volatile: 0,
        ksm_zero_pages: 0,
      },
      ksmd: { pid: 37, cpuNs: seq * 0.5e9 },
      seesOffers: true,
      processes,
      sources: [],
    };
    const counted = probed === undefined ? {} : { scanner: SCANNER, cow: COW };
    const probes: ProbeSnapshot = { ...counted, processes: probed ?? [], lostEvents: 0, states: [] };
    const table = rows.update({ sample, probes, pageSize: PAGE });
    const origin = { cow_ksm: undefined };
    const derived = derive({ sample, probes, previous, origin, pageSize: PAGE, gibPerCore: 4, processes: table });
    previous = { sample, derived };
    const input = { sample, derived, pageSize: PAGE, gibPerCore: 4, ...rest };
    return { table: guests.update(input), input };
  };
}

describe('the guest table', () => {
  test('who saves what, what ksmd takes for it and what is left, at the price', () => {
    const update = board(qemu(100, 'web'), qemu(200, 'db'));
    const processes = [raw(100, (2 * GIB) / PAGE), raw(200, GIB / PAGE)];
    update(0, processes);
    const { table, input } = update(1, processes);
    const [web, db] = table.guests;
    expect(web).toMatchObject({ kind: 'proxmox', name: 'web', id: '100', pids: [100], merge: 'on' });
    expect((web?.savedBytes ?? 0) + (db?.savedBytes ?? 0) + (table.rest.savedBytes ?? 0)).toBe(
      input.derived.savedBytes,
    );
    expect(web?.savedBytes).toBeCloseTo(1.8 * GIB, -4);
    expect(web?.mergeableBytes).toBe(2 * GIB);
    expect(web?.ksmdCores).toBeCloseTo(0.5 * (2 / 3), 6);
    const worth = [web, db, table.rest].reduce((sum, one) => sum + (one?.worthCores ?? 0), 0);
    expect(worth).toBeCloseTo(input.derived.netCores ?? NaN, 6);
    expect(table.pending).toBe(0);
  });

  test('merges and breaks of its processes, with their rate', () => {
    const update = board(qemu(100, 'web'));
    const probed = (merges: number): ProcessProbeTotals[] => [
      { pid: 100, merges, zeroMerges: 0, cowBreaks: merges / 10, zeroBreaks: 0 },
    ];
    update(0, [raw(100, 1000)], probed(1000));
    const { table } = update(1, [raw(100, 1000)], probed(1300));
    expect(table.guests[0]).toMatchObject({
      mergesTotal: 1300,
      cowBreaksTotal: 130,
      mergesPerSec: 300,
      cowBreaksPerSec: 30,
    });
    expect(board(qemu(100, 'web'))(0, [raw(100, 1000)]).table.guests[0]?.mergesTotal).toBeNull();
  });

  test('a machine that KSM has nothing to do with is listed, off', () => {
    const update = board(qemu(100, 'web'), qemu(200, 'db'));
    const others = [{ pid: 200, startTicks: 200, comm: 'kvm' }];
    const { table } = update(0, [raw(100, 1000)], undefined, { others });
    expect(table.guests.map(({ name, merge, savedBytes }) => [name, merge, savedBytes])).toEqual([
      ['web', 'on', 900 * PAGE],
      ['db', 'off', null],
    ]);
  });

  test('lifetimes of its processes together', () => {
    const update = board(qemu(100, 'web'));
    const bars = NO_BARS.map((_, bar) => (bar === barOf(1_500) ? 30 : 0));
    const lifetimes = { series: '', byPid: new Map([[100, bars]]) };
    const median = ({ table }: { table: GuestTable }): number | null | undefined =>
      table.guests[0]?.mergeLifetimeP50Sec;
    expect(median(update(0, [raw(100, 1000)]))).toBeNull();
    expect(median(update(1, [raw(100, 1000)], undefined, { lifetimes }))).toBeCloseTo(1.448, 3);
    // Counts are cumulative: what was told is not counted again.
    expect(median(update(2, [raw(100, 1000)], undefined, { lifetimes }))).toBeCloseTo(1.448, 3);
  });

  test('a process that ended between sample and look is nobody, and what it saved is the rest', () => {
    const update = board(qemu(100, 'web'));
    const { table, input } = update(0, [raw(100, 1000), raw(300, 1000)]);
    expect(table.guests).toHaveLength(1);
    expect(table.rest.savedBytes).toBe(900 * PAGE);
    expect(input.derived.savedBytes).toBe(1800 * PAGE);
  });
});
