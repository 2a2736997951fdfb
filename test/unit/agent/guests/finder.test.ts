import { expect, test } from 'vitest';

import { type Glance, MachineFinder } from '../../../../src/agent/guests/finder.js';

/** A finder over a /proc that tests change, and the pids it looked at. */
function finder(): {
  find: (monoMs: number, known?: ReadonlySet<number>) => number[];
  processes: Map<number, Partial<Glance>>;
  glances: number[];
} {
  const processes = new Map<number, Partial<Glance>>();
  const glances: number[] = [];
  const machines = new MachineFinder({
    list: () => [...processes.keys()],
    glance: (pid) => {
      glances.push(pid);
      const process = processes.get(pid);
      return process === undefined ? undefined : { pid, startTicks: pid, comm: 'x', kernelThread: false, ...process };
    },
  });
  return { find: (monoMs, known) => machines.find(monoMs, known).map(({ pid }) => pid), processes, glances };
}

const QEMU = { exe: '/usr/bin/qemu-system-x86_64', comm: 'web' };

test('finds machines by their binary, leaves the rest, drops those that ended', () => {
  const { find, processes } = finder();
  processes.set(10, { exe: '/bin/sh' }).set(11, QEMU).set(12, { comm: 'kvm', kernelThread: true });
  expect(find(0)).toEqual([11]);
  processes.delete(11);
  expect(find(10_000)).toEqual([]);
});

test('a launcher that becomes a machine is found, and a pid that is something else is dropped', () => {
  const { find, processes } = finder();
  processes.set(16, { exe: '/usr/sbin/libvirtd' });
  expect(find(0)).toEqual([]);
  processes.set(16, QEMU);
  expect(find(10_000)).toEqual([16]);
  processes.set(16, { exe: '/bin/sh' });
  expect(find(70_000)).toEqual([]);
});

test('leaves alone what is looked at anyway', () => {
  const { find, processes, glances } = finder();
  processes.set(10, QEMU).set(11, QEMU);
  expect(find(0, new Set([10]))).toEqual([11]);
  expect(glances).toEqual([11]);
  expect(find(1000)).toEqual([11, 10]);
});

test('goes through a full host some at a time, and looks at each seldom', () => {
  const { find, processes, glances } = finder();
  for (let pid = 1; pid <= 450; pid++) processes.set(pid, pid % 2 === 0 ? QEMU : { exe: '/bin/sh' });
  expect(find(0)).toHaveLength(25);
  for (let call = 1; call < 9; call++) find(call * 1000);
  expect(find(9000)).toHaveLength(225);
  expect(glances).toHaveLength(450);
  for (let second = 10; second < 130; second++) {
    const before = glances.length;
    find(second * 1000);
    expect(glances.length - before).toBeLessThanOrEqual(50);
  }
  expect(glances.length).toBeLessThan(450 * 4);
});
