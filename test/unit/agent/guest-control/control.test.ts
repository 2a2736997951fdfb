import { describe, expect, it } from 'vitest';
import { controlOf, shellWord, type Advice } from '../../../../src/agent/guest-control/control.js';
import type { GuestIdentity, GuestKind, ProcessFacts } from '../../../../src/agent/model/guest.js';

function guest(kind: GuestKind, id = 'web', name = id): GuestIdentity {
  return { kind, name, id, identity: `${kind}/${id}`, key: '', pids: [7], startTicks: 1, doubts: [] };
}

function facts(exe: string, ...args: readonly string[]): ProcessFacts {
  const cmdline = [exe, ...args].map((one) => `${one}\0`).join('');
  return { pid: 7, startTicks: 1, ppid: 1, kernelThread: false, comm: 'x', exe, cmdline };
}

const QEMU = '/usr/bin/qemu-system-x86_64';

function advice(kind: GuestKind, of: ProcessFacts, merge: boolean, id?: string, name?: string): Advice {
  const control = controlOf(guest(kind, id, name), of, merge);
  if (control.type !== 'advice') throw new Error('it is steered');
  return control;
}

it('steers QEMU by its sockets', () => {
  expect(controlOf(guest('qemu'), facts(QEMU, '-name', 'web', '-qmp', 'unix:/run/a,server=on'), false)).toEqual({
    type: 'qmp',
    sockets: ['/run/a'],
    name: 'web',
  });
  const proxmox = ['-chardev', 'socket,id=qmp,path=/var/run/qemu-server/100.qmp,server=on,wait=off'];
  expect(controlOf(guest('proxmox', '100'), facts(QEMU, ...proxmox, '-mon', 'chardev=qmp,mode=control'), true)).toEqual(
    {
      type: 'qmp',
      sockets: ['/var/run/qemu-server/100.qmp'],
    },
  );
});

it('tells what a QEMU without a socket wants', () => {
  const none = advice('qemu', facts(QEMU), false);
  expect(none.why).toBe('The guest was started without a QMP monitor.');
  expect(none.lines).toContain('-machine mem-merge=off');
  expect(advice('qemu', facts(QEMU, '-qmp', 'stdio'), true).why).toContain('not at a path');
});

describe('libvirt', () => {
  const ofLibvirt = facts(
    QEMU,
    ...['-object', '{"qom-type":"memory-backend-ram","id":"pc.ram","size":1}'],
    ...['-object', '{"qom-type":"memory-backend-ram","id":"memdimm0","size":1}'],
    ...['-chardev', 'socket,id=charmonitor,fd=28,server=on', '-mon', 'chardev=charmonitor,mode=control'],
  );

  it('is asked for each backend, by the UUID', () => {
    const uuid = '11111111-2222-4333-8444-555555555555';
    const { lines } = advice('libvirt', ofLibvirt, false, uuid, 'db');
    expect(lines.slice(0, 2)).toEqual(
      ['pc.ram', 'memdimm0'].map(
        (id) =>
          `virsh qemu-monitor-command ${uuid} --pretty '{"execute":"qom-set","arguments":{"path":"/objects/${id}","property":"merge","value":false}}'`,
      ),
    );
    expect(lines).toContain('<memoryBacking><nosharepages/></memoryBacking>');
  });

  it('is never fought, even where its socket has a path', () => {
    const older = facts(QEMU, '-qmp', 'unix:/var/lib/libvirt/qemu/domain-1-db/monitor.sock,server');
    for (const kind of ['libvirt', 'openstack', 'kubevirt'] as const) {
      const { why, lines } = advice(kind, older, true, 'ns/vm', 'ns/vm');
      expect(why).toContain('libvirtd');
      expect(lines.some((line) => line.includes('qom-list'))).toBe(true);
    }
    expect(advice('kubevirt', older, true, 'ns/vm', 'ns/vm').lines[1]).toMatch(
      /^kubectl exec -n NAMESPACE VIRT_LAUNCHER_POD -- virsh qemu-monitor-command ns_vm /,
    );
  });

  it('gets names that no shell takes apart', () => {
    const { lines } = advice('libvirt', ofLibvirt, false, "a'; rm -rf /; '");
    expect(lines[0]).toContain(`'a'\\''; rm -rf /; '\\'''`);
  });
});

it.each([
  ['cloud-hypervisor', facts('/usr/bin/cloud-hypervisor'), 'mergeable=off'],
  ['firecracker', facts('/usr/bin/firecracker'), 'prctl(67, 0, 0, 0, 0);'],
  ['kata', facts(QEMU), 'machine_accelerators = "mem-merge=off"'],
  ['service', facts('/usr/bin/redis'), 'MemoryKSM=no'],
  ['docker', facts('/usr/bin/redis'), 'MemoryKSM=no'],
  ['nspawn', facts('/usr/bin/redis'), 'systemctl edit systemd-nspawn@NAME.service'],
  ['process', facts('/usr/bin/redis'), 'prctl(67, 0, 0, 0, 0);'],
  ['unknown', facts('/usr/bin/redis'), '# run as root, on the host itself'],
] as const)('%s: told what to set', (kind, of, line) => {
  expect(advice(kind, of, false).lines).toContain(line);
});

it('quotes for a shell', () => {
  expect(['a.b-c/1', 'a b', '', "it's", '$(x)'].map(shellWord)).toEqual([
    'a.b-c/1',
    "'a b'",
    "''",
    "'it'\\''s'",
    "'$(x)'",
  ]);
});
