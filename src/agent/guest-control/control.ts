/** Whether ksmpilot can switch a guest's merging itself, through QMP, or who can and how. Pure. */

import { argumentsOf, monitorOf } from '../guests/machine.js';
import { parseQemuOptions } from '../guests/qemu-options.js';
import type { GuestIdentity, ProcessFacts } from '../model/guest.js';
import { monitorsOf, namedBackends } from '../qmp/monitors.js';

export type Control =
  | {
      readonly type: 'qmp';
      /** Byte strings, to be tried in order. */
      readonly sockets: readonly string[];
      /** `-name`, a byte string; absent: none. */
      readonly name?: string;
    }
  | Advice;

/** What the operator does instead. */
export interface Advice {
  readonly type: 'advice';
  /** Why not from here, a sentence. */
  readonly why: string;
  /** Commands and settings, one to a line; what does not start with `#` is meant to be copied. */
  readonly lines: readonly string[];
}

/** @param facts of the guest's main process; @param merge what is to be reached */
export function controlOf(guest: GuestIdentity, facts: ProcessFacts, merge: boolean): Control {
  const args = argumentsOf(facts.cmdline).slice(1);
  switch (monitorOf(facts)) {
    case 'qemu':
      return ofQemu(guest, args, merge);
    case 'cloud-hypervisor':
      return advice('Cloud Hypervisor takes this at its start only.', [
        '# in its --memory option, then start the guest again:',
        `mergeable=${merge ? 'on' : 'off'}`,
      ]);
    case 'firecracker':
      return advice('Firecracker has no setting for it: it inherits it from its launcher.', launcher(merge));
    case undefined:
      return ofProcess(guest, merge);
  }
}

function ofQemu(guest: GuestIdentity, args: readonly string[], merge: boolean): Control {
  const backends = namedBackends(args);
  switch (guest.kind) {
    case 'libvirt':
    case 'openstack':
      return virsh(guest, backends, merge, '');
    case 'kubevirt':
      return virsh(guest, backends, merge, 'kubectl exec -n NAMESPACE VIRT_LAUNCHER_POD -- ');
    case 'kata':
      return advice("The monitor belongs to Kata's runtime, and Kata's memory is often shared, which never merges.", [
        '# in configuration-qemu.toml, for sandboxes started from then on:',
        `machine_accelerators = "mem-merge=${merge ? 'on' : 'off'}"`,
      ]);
    default: {
      const { paths, others } = monitorsOf(args);
      const { name } = parseQemuOptions(args);
      if (paths.length > 0)
        return { type: 'qmp', sockets: paths, ...(name === undefined || name === '' ? {} : { name }) };
      const why =
        others > 0
          ? 'The guest has a QMP monitor, but not at a path: who started it owns that.'
          : 'The guest was started without a QMP monitor.';
      return advice(why, [
        '# start the guest with one, and it can be switched while it runs:',
        '-qmp unix:/run/GUEST.qmp,server=on,wait=off',
        '# or set it for good at its start:',
        `-machine mem-merge=${merge ? 'on' : 'off'}`,
      ]);
    }
  }
}

/** Through libvirtd, which has the monitor: one command for each backend that the command line names. */
function virsh(guest: GuestIdentity, backends: readonly string[], merge: boolean, prefix: string): Advice {
  const domain = guest.kind === 'kubevirt' ? guest.name.replace('/', '_') : guest.id;
  const command = (execute: string, args: Readonly<Record<string, unknown>>): string =>
    `${prefix}virsh qemu-monitor-command ${shellWord(domain)} --pretty ${shellWord(JSON.stringify({ execute, arguments: args }))}`;
  const set = (id: string): string => command('qom-set', { path: `/objects/${id}`, property: 'merge', value: merge });
  return advice('Its monitor belongs to libvirtd, which ksmpilot does not fight over it.', [
    ...(backends.length === 0
      ? [
          '# what the memory is called: entries of type child<memory-backend-...>',
          command('qom-list', { path: '/objects' }),
          '# then, for each (pc.ram is the usual one on x86):',
          set('pc.ram'),
        ]
      : [...backends.map(set)]),
    '# libvirt marks the running domain as tainted by it. For good, in the domain, from its next start on:',
    merge ? '# remove <nosharepages/> from <memoryBacking>' : '<memoryBacking><nosharepages/></memoryBacking>',
  ]);
}

function ofProcess(guest: GuestIdentity, merge: boolean): Advice {
  const how = merge ? 'yes' : 'no';
  switch (guest.kind) {
    case 'service':
      return advice('A service takes this from systemd at its start (systemd 254, Linux 6.7 or newer).', [
        `systemctl edit ${shellWord(guest.id)}`,
        '[Service]',
        `MemoryKSM=${how}`,
        `systemctl restart ${shellWord(guest.id)}`,
      ]);
    case 'docker':
    case 'podman':
    case 'kubernetes':
    case 'containerd':
    case 'lxc':
    case 'nspawn':
      return advice(
        'The processes of a container offer their memory themselves, or inherit that from their launcher.',
        [
          "# for all containers of a daemon, by its unit's MemoryKSM=, which they inherit:",
          `systemctl edit ${DAEMONS[guest.kind]}`,
          '[Service]',
          `MemoryKSM=${how}`,
          '# for this one alone:',
          ...launcher(merge),
        ],
      );
    case 'unknown':
      return advice('Nothing can be read of its process.', ['# run as root, on the host itself']);
    default:
      return advice('A process offers its memory itself, or inherits that from its launcher.', launcher(merge));
  }
}

/** Units whose processes start the containers, so that these inherit what is set for them. */
const DAEMONS = {
  docker: 'containerd.service',
  podman: 'UNIT_THAT_RUNS_PODMAN',
  kubernetes: 'containerd.service # or crio.service',
  containerd: 'containerd.service',
  lxc: 'lxc@NAME.service',
  nspawn: 'systemd-nspawn@NAME.service',
} as const;

function launcher(merge: boolean): readonly string[] {
  return [
    '# in the launcher, before it executes the program (Linux 6.7 or newer; 67 is PR_SET_MEMORY_MERGE):',
    `prctl(67, ${merge ? 1 : 0}, 0, 0, 0);`,
    ...(merge ? [] : ['# a program that offers memory with madvise(MADV_MERGEABLE) does so all the same']),
  ];
}

/** For a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function advice(why: string, lines: readonly string[]): Advice {
  return { type: 'advice', why, lines };
}
