import { describe, expect, test } from 'vitest';

import { monitorOf, programOf } from '../../../../src/agent/guests/machine.js';
import type { ProcessFacts } from '../../../../src/agent/model/guest.js';

function facts(rest: Partial<ProcessFacts>): ProcessFacts {
  return { pid: 1, startTicks: 1, ppid: 0, kernelThread: false, comm: 'x', ...rest };
}

describe('which program is a monitor of virtual machines', () => {
  test.each([
    ['/usr/bin/qemu-system-x86_64', 'qemu'],
    ['/usr/bin/qemu-system-aarch64 (deleted)', 'qemu'],
    ['/usr/libexec/qemu-kvm', 'qemu'],
    ['/usr/bin/kvm', 'qemu'],
    ['/usr/bin/kvm-spice', 'qemu'],
    ['/opt/kata/bin/qemu-kata-system-x86_64', 'qemu'],
    ['/usr/bin/qemu-vanilla-system-x86_64', 'qemu'],
    ['/nix/store/a/bin/.qemu-system-x86_64-wrapped', 'qemu'],
    ['/usr/bin/cloud-hypervisor-static', 'cloud-hypervisor'],
    ['/firecracker-v1.7.0-x86_64', 'firecracker'],
    ['/usr/bin/qemu-img', undefined],
    ['/usr/bin/qemu-nbd', undefined],
    ['/usr/bin/qemu-ga', undefined],
    ['/usr/bin/qemu-x86_64-static', undefined],
    ['/usr/bin/qemu-storage-daemon', undefined],
    ['/usr/bin/kvm_stat', undefined],
    ['/usr/sbin/libvirtd', undefined],
  ])('%s: %s', (exe, monitor) => {
    expect(monitorOf(facts({ exe }))).toBe(monitor);
  });

  test('the binary counts, not what the process calls itself', () => {
    expect(monitorOf(facts({ exe: '/usr/bin/sleep', cmdline: 'qemu-kvm\0', comm: 'qemu-kvm' }))).toBeUndefined();
    expect(monitorOf(facts({ cmdline: '/usr/bin/qemu-kvm\0-S\0' }))).toBe('qemu');
    expect(monitorOf(facts({ comm: 'qemu-system-x86' }))).toBe('qemu');
    expect(monitorOf(facts({ comm: 'kvm', kernelThread: true }))).toBeUndefined();
  });

  test('a process without a binary to be seen goes by argument 0, then by comm', () => {
    expect(programOf(facts({ cmdline: '/a/b c\0d\0' }))).toBe('b c');
    expect(programOf(facts({ cmdline: '', comm: 'cc' }))).toBe('cc');
    expect(programOf(facts({ cmdline: '\0', comm: 'cc' }))).toBe('cc');
  });
});
