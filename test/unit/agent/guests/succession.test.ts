import { describe, expect, test } from 'vitest';

import { group } from '../../../../src/agent/guests/group.js';
import { identify } from '../../../../src/agent/guests/identify.js';
import { Succession } from '../../../../src/agent/guests/succession.js';
import type { GuestIdentity, ProcessFacts } from '../../../../src/agent/model/guest.js';

const UUID = 'c37996dc-4e20-41f5-abe9-e626db516dc0';
const MINUTE = 60_000;

function qemu(pid: number, startTicks: number, name = 'vm'): ProcessFacts {
  const cmdline = ['qemu-kvm', '-name', name, '-uuid', UUID, ''].join('\0');
  return { pid, startTicks, ppid: 1, uid: 0, kernelThread: false, comm: 'kvm', exe: '/usr/bin/qemu-kvm', cmdline };
}

function worker(pid: number, startTicks: number): ProcessFacts {
  const cgroup = '0::/system.slice/web.service';
  return { pid, startTicks, ppid: 1, uid: 33, kernelThread: false, comm: 'web', exe: '/usr/bin/web', cgroup };
}

function lone(pid: number, startTicks: number): ProcessFacts {
  return { pid, startTicks, ppid: 1, uid: 0, kernelThread: false, comm: 'sh', exe: '/bin/sh', cgroup: '0::/' };
}

/** Feeds updates and gives what each process is called, by pid. */
function watch(): (monoMs: number, ...facts: ProcessFacts[]) => Map<number, GuestIdentity> {
  const succession = new Succession();
  return (monoMs, ...facts) => {
    const youngest = Math.max(0, ...facts.map(({ startTicks }) => startTicks));
    const guests = succession.name(group(facts.map(identify)), monoMs, youngest);
    return new Map(guests.flatMap((guest) => guest.pids.map((pid) => [pid, guest] as const)));
  };
}

const identities = (guests: ReadonlyMap<number, GuestIdentity>): string[] =>
  [...guests.values()].map(({ identity }) => identity);

describe('one guest after the other', () => {
  test('a restart keeps the identity and is another run', () => {
    const update = watch();
    const before = update(0, qemu(10, 100)).get(10);
    const after = update(MINUTE, qemu(20, 9_000)).get(20);
    expect(before?.identity).toBe(`qemu/${UUID}`);
    expect(after?.identity).toBe(before?.identity);
    expect(after?.key).not.toBe(before?.key);
  });

  test('a pid that is used again inherits nothing', () => {
    const update = watch();
    const before = update(0, lone(10, 100)).get(10);
    const after = update(MINUTE, lone(10, 9_000)).get(10);
    expect(after?.identity).not.toBe(before?.identity);
  });

  test('a service keeps its run while its processes come and go, and gets a new one when all have gone', () => {
    const update = watch();
    const first = update(0, worker(10, 100), worker(11, 110)).get(10);
    const second = update(1000, worker(11, 110), worker(12, 120)).get(11);
    const third = update(2000, worker(12, 120)).get(12);
    expect(second?.key).toBe(first?.key);
    expect(third?.key).toBe(first?.key);
    expect(third?.startTicks).toBe(100);
    const restarted = update(3000, worker(13, 130)).get(13);
    expect(restarted?.identity).toBe(first?.identity);
    expect(restarted?.key).not.toBe(first?.key);
  });
});

describe('two that say they are the same', () => {
  test('both are shown and told apart; the first keeps the identity, and the second never gets it', () => {
    const update = watch();
    update(0, qemu(10, 100));
    const both = update(1000, qemu(20, 5_000), qemu(10, 100));
    expect(both.get(10)?.identity).toBe(`qemu/${UUID}`);
    expect(both.get(20)?.identity).toBe(`qemu/${UUID}~20@5000`);
    expect(both.get(10)?.doubts).toEqual(['Process 20 says it is the same guest.']);
    expect(both.get(20)?.doubts).toEqual(['Process 10 says it is the same guest.']);
    update(2 * MINUTE, qemu(20, 5_000), qemu(10, 100));
    const left = update(3 * MINUTE, qemu(20, 5_000));
    expect(identities(left)).toEqual([`qemu/${UUID}~20@5000`]);
    // A restart of the real one meanwhile gets its identity back.
    const back = update(4 * MINUTE, qemu(20, 5_000), qemu(30, 40_000));
    expect(back.get(30)?.identity).toBe(`qemu/${UUID}`);
    expect(back.get(20)?.identity).toBe(`qemu/${UUID}~20@5000`);
  });

  test('a restart that overlaps for seconds keeps the history', () => {
    const update = watch();
    update(0, qemu(10, 100));
    update(1000, qemu(10, 100), qemu(20, 5_000));
    expect(update(5000, qemu(20, 5_000)).get(20)?.identity).toBe(`qemu/${UUID}`);
  });

  test('two that were there before the agent are no restart, however soon one ends', () => {
    const update = watch();
    update(0, qemu(10, 100), qemu(20, 5_000));
    expect(update(1000, qemu(20, 5_000)).get(20)?.identity).toBe(`qemu/${UUID}~20@5000`);
  });

  test('more than three are counted', () => {
    const all = watch()(0, ...Array.from({ length: 6 }, (_, index) => qemu(10 + index, 100 + index)));
    expect(new Set(identities(all)).size).toBe(6);
    expect(all.get(10)?.doubts).toEqual(['Processes 11, 12, 13 and 2 more say they are the same guest.']);
  });
});
