import { describe, expect, test } from 'vitest';

import { GuestRegistry, type Known, type Reading } from '../../../../src/agent/guests/registry.js';
import type { ProcessFacts } from '../../../../src/agent/model/guest.js';

function known(pid: number, startTicks = pid): Known {
  return { pid, startTicks, comm: `p${pid}` };
}

function read(pid: number, startTicks: number, rest: Partial<ProcessFacts> = {}): Reading {
  const comm = `p${pid}`;
  const facts = {
    pid,
    startTicks,
    ppid: 1,
    uid: 0,
    kernelThread: false,
    comm,
    exe: '/bin/sh',
    cgroup: '0::/',
    ...rest,
  };
  return { state: 'read', facts };
}

/** A registry over a /proc that tests change, and the count of its reads. */
function registry(claimsMax?: number): {
  update: (monoMs: number, ...processes: Known[]) => ReturnType<GuestRegistry['update']>;
  reads: number[];
  answer: (pid: number, reading: Reading) => void;
} {
  const answers = new Map<number, Reading>();
  const reads: number[] = [];
  const guests = new GuestRegistry(
    (pid, startTicks) => {
      reads.push(pid);
      return answers.get(pid) ?? read(pid, startTicks);
    },
    claimsMax === undefined ? {} : { claimsMax },
  );
  return {
    update: (monoMs, ...processes) => guests.update(processes, monoMs),
    reads,
    answer: (pid, reading) => answers.set(pid, reading),
  };
}

describe('looks', () => {
  test('a process is read at once, again in its first seconds, then once a minute', () => {
    const { update, reads } = registry();
    const at: number[] = [];
    for (let second = 0; second <= 200; second++) {
      const before = reads.length;
      update(second * 1000, known(16));
      if (reads.length > before) at.push(second);
    }
    expect(at).toEqual([0, 2, 12, 72, 132, 192]);
  });

  test('an exec or a move to another cgroup is seen', () => {
    const { update, answer } = registry();
    expect(update(0, known(16)).guests[0]?.kind).toBe('process');
    answer(16, read(16, 16, { exe: '/usr/bin/qemu-kvm', cmdline: 'qemu-kvm\0-name\0vm\0' }));
    expect(update(2000, known(16)).guests[0]).toMatchObject({ kind: 'qemu', name: 'vm' });
  });

  test('another start time is another process: read at once', () => {
    const { update, reads } = registry();
    update(0, known(16, 100));
    update(1, known(16, 200));
    expect(reads).toEqual([16, 16]);
  });

  test('a host full of guests is read some at a time; the others are unknown and pending meanwhile', () => {
    const { update, reads } = registry();
    const processes = Array.from({ length: 100 }, (_, index) => known(index + 1));
    const first = update(0, ...processes);
    expect(reads).toHaveLength(25);
    expect(first.pending.size).toBe(75);
    const unknown = first.guests.filter(({ kind }) => kind === 'unknown');
    expect(unknown.map(({ pids }) => pids)).toEqual([...first.pending].map((pid) => [pid]));
    expect(unknown[0]).toMatchObject({ name: 'p26', id: '26@26', doubts: ['It is not looked at yet.'] });
    for (const at of [300, 600]) update(at, ...processes);
    const last = update(900, ...processes);
    expect(last.pending.size).toBe(0);
    expect(last.guests.filter(({ kind }) => kind === 'process')).toHaveLength(100);
    // Each one read once before any is read again.
    expect(new Set(reads).size).toBe(100);
    expect(reads).toHaveLength(100);
  });

  test('twins that were there before the agent are told apart for good, though one is looked at later', () => {
    const { update, answer } = registry();
    const twin = { exe: '/usr/bin/qemu-kvm', cmdline: 'q\0-name\0vm\0-uuid\0aaaaaaaa-0000-4000-8000-000000000001\0' };
    answer(1, read(1, 1, twin));
    answer(100, read(100, 100, twin));
    const processes = Array.from({ length: 100 }, (_, index) => known(index + 1));
    for (const at of [0, 1, 2]) update(at, ...processes);
    const second = update(3, ...processes).guests.find(({ pids }) => pids[0] === 100)?.identity;
    const alone = update(4, ...processes.slice(1)).guests.find(({ pids }) => pids[0] === 100);
    expect(alone?.identity).toBe(second);
    expect(second).toMatch(/~100@100$/);
  });

  test('looks again are bounded too, those due longest first, so that none is forgotten', () => {
    const { update, reads } = registry();
    const processes = Array.from({ length: 500 }, (_, index) => known(index + 1));
    for (let second = 0; second < 60; second++) {
      const before = reads.length;
      update(second * 1000, ...processes);
      expect(reads.length - before).toBeLessThanOrEqual(30);
    }
    const counts = new Map<number, number>();
    for (const pid of reads) counts.set(pid, (counts.get(pid) ?? 0) + 1);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(3);
  });

  test('a storm of short-lived processes leaves nothing behind', () => {
    const { update } = registry();
    for (let round = 0; round < 50; round++) {
      const processes = Array.from({ length: 300 }, (_, index) => known(round * 300 + index + 1));
      expect(update(round * 1000, ...processes).guests).toHaveLength(300);
    }
    expect(update(60_000).guests).toEqual([]);
  });

  test('beyond the bound processes are unknown, say why, and take the place of one that ends', () => {
    const { update } = registry(300);
    const processes = Array.from({ length: 320 }, (_, index) => known(index + 1));
    update(0, ...processes);
    for (let at = 1; at < 12; at++) update(at, ...processes);
    const full = update(12, ...processes);
    expect(full.pending.size).toBe(20);
    expect(full.guests.filter(({ kind }) => kind === 'unknown').map(({ pids }) => pids[0])).toEqual([...full.pending]);
    expect(full.guests.at(-1)?.doubts).toEqual(['There are more than 300 processes.']);
    expect(update(13, ...processes.slice(5)).pending.size).toBe(15);
  });
});

describe('processes that cannot be read', () => {
  test('one that ended since the sample is left out', () => {
    const { update, answer } = registry();
    answer(16, { state: 'gone' });
    expect(update(0, known(16), known(17)).guests.map(({ pids }) => pids)).toEqual([[17]]);
  });

  test('one that may not be read is unknown; one that was read before stays what it was', () => {
    const { update, answer } = registry();
    answer(16, { state: 'refused', errno: 'EPERM' });
    update(0, known(16), known(17));
    answer(17, { state: 'refused', errno: 'EPERM' });
    const { guests } = update(5000, known(16), known(17));
    expect(guests.map(({ kind, name }) => [kind, name])).toEqual([
      ['unknown', 'p16'],
      ['process', 'p17'],
    ]);
    expect(guests[0]?.doubts[0]).toContain('EPERM');
  });

  test('a machine that is ending, its memory gone, is still that machine', () => {
    const { update, answer } = registry();
    const cgroup = '0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope';
    answer(16, read(16, 16, { exe: '/usr/bin/qemu-kvm', cmdline: 'q\0-name\0vm\0', cgroup }));
    const before = update(0, known(16)).guests;
    const { facts } = read(16, 16, { cgroup, cmdline: '' }) as { facts: ProcessFacts };
    const { exe: _, ...emptied } = facts;
    answer(16, { state: 'read', facts: emptied });
    expect(update(2000, known(16)).guests).toEqual(before);
  });
});
