import fc from 'fast-check';
import { expect, test } from 'vitest';

import { group } from '../../../../src/agent/guests/group.js';
import { identify } from '../../../../src/agent/guests/identify.js';
import type { ProcessFacts } from '../../../../src/agent/model/guest.js';

const SCOPE = '0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope';

function facts(pid: number, rest: Partial<ProcessFacts>): ProcessFacts {
  return { pid, startTicks: pid, ppid: 1, uid: 0, kernelThread: false, comm: 'x', exe: '/x', cgroup: '0::/', ...rest };
}

const qemu = (pid: number, rest: Partial<ProcessFacts> = {}): ProcessFacts =>
  facts(pid, { exe: '/usr/bin/qemu-kvm', cmdline: 'qemu-kvm\0-name\0vm\0', ...rest });

const pidsOf = (...all: ProcessFacts[]): number[][] =>
  group(all.map(identify)).map(({ members }) => members.map(({ pid }) => pid));

test('two machines in one scope: its other processes belong to neither', () => {
  const helper = facts(13, { exe: '/usr/bin/swtpm', cgroup: SCOPE });
  expect(pidsOf(qemu(11, { cgroup: SCOPE }), helper)).toEqual([[11, 13]]);
  expect(pidsOf(qemu(11, { cgroup: SCOPE }), qemu(12, { cgroup: SCOPE }), helper)).toEqual([[11], [12], [13]]);
});

test('a service with one machine: its helpers are the machine, the rest stays the service', () => {
  const cgroup = '0::/system.slice/ci.service';
  const java = facts(5, { exe: '/usr/bin/java', cgroup });
  const virtiofsd = facts(6, { exe: '/usr/libexec/virtiofsd', cgroup });
  expect(pidsOf(java, qemu(7, { cgroup }), virtiofsd)).toEqual([[5], [7, 6]]);
  expect(pidsOf(java, qemu(7, { cgroup }), qemu(8, { cgroup }), virtiofsd)).toEqual([[5, 6], [7], [8]]);
});

test('descendants belong to the machine that started them, through processes between', () => {
  expect(pidsOf(qemu(7), facts(8, { ppid: 7 }), facts(9, { ppid: 8 }))).toEqual([[7, 8, 9]]);
});

test('a parent that is younger than its child is another process with its pid', () => {
  expect(pidsOf(qemu(7, { startTicks: 900 }), facts(8, { ppid: 7 }))).toEqual([[7], [8]]);
});

test('a chain of parents that closes on itself ends', () => {
  expect(pidsOf(facts(8, { ppid: 9, startTicks: 1 }), facts(9, { ppid: 8, startTicks: 1 }))).toHaveLength(2);
});

test('every process is in one guest, and no guest has two machines', () => {
  const some = fc.record({
    ppid: fc.nat(12),
    uid: fc.constantFrom(0, 1000),
    exe: fc.constantFrom('/usr/bin/qemu-kvm', '/usr/libexec/virtiofsd', '/bin/sh'),
    cmdline: fc.constantFrom(
      'a\0--socket-path=/s\0',
      'a\0-chardev\0socket,path=/s\0',
      'a\0-qmp\0unix:/run/vc/vm/k/q\0',
    ),
    cgroup: fc.constantFrom(
      '0::/',
      SCOPE,
      '0::/system.slice/a.service',
      '0::/qemu.slice/1.scope',
      '0::/kata_overhead/k',
    ),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 12 }), (processes) => {
      const all = processes.map((process, index) => facts(index + 1, process));
      const groups = group(all.map(identify));
      const members = groups.flatMap((one) => one.members);
      expect(members.map(({ pid }) => pid).sort((a, b) => a - b)).toEqual(all.map(({ pid }) => pid));
      for (const one of groups) expect(one.members.filter(({ machine }) => machine).length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});
