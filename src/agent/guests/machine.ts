/** Virtual machine monitors: which one a process is, and what its command line says of the guest. Byte strings. Pure. */

import type { GuestKind, ProcessFacts } from '../model/guest.js';
import { keyed, parseQemuOptions, UUID } from './qemu-options.js';

/** What a monitor's own command line claims. */
export interface MachineClaim {
  readonly kind: GuestKind;
  /** Absent: the command line names none. */
  readonly name?: string;
  readonly id?: string;
  readonly uuid?: string;
  /** The sandbox of Kata's it runs. */
  readonly sandbox?: string;
  readonly paths: readonly string[];
}

type Monitor = 'qemu' | 'cloud-hypervisor' | 'firecracker';

/**
 * qemu-system-x86_64, qemu-kvm (RHEL), kvm (Debian, Proxmox), qemu-kata-system-x86_64, .qemu-system-x86_64-wrapped (Nix);
 * not qemu-img, qemu-nbd, qemu-ga, qemu-storage-daemon, nor user-mode qemu-x86_64.
 */
const BINARIES: readonly (readonly [RegExp, Monitor])[] = [
  [/^\.?(?:qemu-(?:[\w.]+-)*system-[\w.-]+|qemu-kvm[\w.-]*|kvm(?:-spice)?)$/, 'qemu'],
  [/^cloud-hypervisor[\w.-]*$/, 'cloud-hypervisor'],
  [/^firecracker[\w.-]*$/, 'firecracker'],
];

/** comm is cut at 15 bytes, and QEMU's `-name process=` changes it: only asked where exe and cmdline are unreadable. */
const COMMS: Readonly<Record<string, Monitor>> = {
  kvm: 'qemu',
  'qemu-kvm': 'qemu',
  'qemu-system-x86': 'qemu',
  'qemu-system-aar': 'qemu',
  'qemu-system-ppc': 'qemu',
  'qemu-system-s39': 'qemu',
  'qemu-system-ris': 'qemu',
  'cloud-hyperviso': 'cloud-hypervisor',
  firecracker: 'firecracker',
};

/** The file's name, without the mark of a binary that was replaced under the running process, as updates do. */
export function programOf({ exe, cmdline, comm }: ProcessFacts): string {
  const path = exe?.replace(/ \(deleted\)$/, '') ?? argumentsOf(cmdline)[0];
  return path === undefined || path === '' ? comm : path.slice(path.lastIndexOf('/') + 1);
}

/** A last argument that was cut stays, cut. */
export function argumentsOf(cmdline: string | undefined): readonly string[] {
  if (cmdline === undefined || cmdline === '') return [];
  return (cmdline.endsWith('\0') ? cmdline.slice(0, -1) : cmdline).split('\0');
}

export function monitorOf(facts: ProcessFacts): Monitor | undefined {
  if (facts.kernelThread) return undefined;
  const program = programOf(facts);
  const known = BINARIES.find(([pattern]) => pattern.test(program))?.[1];
  if (known !== undefined || facts.exe !== undefined) return known;
  return COMMS[facts.comm];
}

export function claimOf(monitor: Monitor, facts: ProcessFacts): MachineClaim {
  const args = argumentsOf(facts.cmdline).slice(1);
  if (monitor === 'qemu') return ofQemu(args);
  const value = longOptions(args);
  const paths = [...value.values()].filter((text) => text.startsWith('/'));
  if (monitor === 'cloud-hypervisor') return ofCloudHypervisor(value, paths);
  const sandbox = kataSandbox(facts.cmdline);
  if (sandbox !== undefined) return { kind: 'kata', name: sandbox, id: sandbox, sandbox, paths };
  // Firecracker without --id calls itself anonymous-instance, as do all others without one.
  const id = value.get('id');
  return { kind: 'firecracker', ...named(id === 'anonymous-instance' ? undefined : id), paths };
}

function ofQemu(args: readonly string[]): MachineClaim {
  const { name, uuid, vmid, manufacturer, product, paths } = parseQemuOptions(args);
  const told = { ...(name === undefined || name === '' ? {} : { name }), ...(isNil(uuid) ? {} : { uuid }), paths };
  // Kata: `-name sandbox-ID`, sockets in /run/vc/vm/ID (src/runtime/virtcontainers/qemu.go).
  const sandbox = /^sandbox-(.+)$/.exec(name ?? '')?.[1];
  if (sandbox !== undefined && paths.some((path) => path.includes(`/vc/vm/`))) {
    return { kind: 'kata', name: sandbox, id: sandbox, sandbox, paths };
  }
  // KubeVirt's domains are NAMESPACE_NAME (VMINamespaceKeyFunc, pkg/virt-launcher/virtwrap); neither can hold a `_`.
  // Its default UUID comes of the name alone, so that guests of two namespaces have the same one (its issue 11166).
  const [, namespace, vmi] = /^([^_]+)_([^_]+)$/.exec(name ?? '') ?? [];
  if (manufacturer === 'KubeVirt' && namespace !== undefined && vmi !== undefined) {
    return { kind: 'kubevirt', name: `${namespace}/${vmi}`, id: `${namespace}/${vmi}`, paths };
  }
  // Nova's product is "OpenStack Nova", in RDO's packages "OpenStack Compute" (_get_guest_config_sysinfo, nova/virt/libvirt/driver.py).
  const byUuid = uuid === undefined || isNil(uuid) ? {} : { id: uuid };
  if (product?.startsWith('OpenStack ') === true) return { kind: 'openstack', ...byUuid, ...told };
  // /var/run/qemu-server/VMID.pid and its sockets (config_to_command, src/PVE/QemuServer.pm).
  if (vmid !== undefined && paths.some((path) => /^(?:\/var)?\/run\/qemu-server\//.test(path))) {
    return { kind: 'proxmox', id: vmid, ...told };
  }
  // Files of the domain: /var/lib/libvirt/qemu/domain-1-NAME/master-key.aes, ~/.config/libvirt/qemu/lib/domain-...
  const ofLibvirt = paths.some((path) => /\/libvirt\/qemu\/(?:lib\/)?domain-/.test(path));
  if (ofLibvirt) return { kind: 'libvirt', ...byUuid, ...told };
  return { kind: 'qemu', ...named(name === '' ? undefined : name), ...byUuid, ...told };
}

/** Cloud Hypervisor has no name for a guest: the socket that it is steered by tells one from the other. */
function ofCloudHypervisor(value: ReadonlyMap<string, string>, paths: readonly string[]): MachineClaim {
  const socket = keyed(value.get('api-socket') ?? '', 'path')['path'];
  const sandbox = /\/vc\/vm\/([^/]+)\//.exec(socket ?? '')?.[1];
  if (sandbox !== undefined) return { kind: 'kata', name: sandbox, id: sandbox, sandbox, paths };
  const uuid = keyed(value.get('platform') ?? '', '')['uuid']?.toLowerCase();
  const name = socket?.replace(/^.*\//, '').replace(/\.sock(?:et)?$/, '');
  return {
    kind: 'cloud-hypervisor',
    ...(name === undefined || name === '' ? {} : { name }),
    ...(socket === undefined ? {} : { id: socket }),
    ...(uuid !== undefined && UUID.test(uuid) ? { uuid, id: uuid } : {}),
    paths: [...paths, ...[...value.values()].flatMap((text) => /(?:^|,)socket=(\/[^,]+)/.exec(text)?.[1] ?? [])],
  };
}

/** `--key value`, `--key=value`; the first of equal keys counts. */
function longOptions(args: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [index, arg] of args.entries()) {
    const [, key, joined] = /^--([a-z][\w-]*)(?:=([^]*))?$/.exec(arg) ?? [];
    const value = joined ?? args[index + 1];
    if (key !== undefined && value !== undefined && !values.has(key)) values.set(key, value);
  }
  return values;
}

/** Kata keeps the files of a sandbox in /run/vc/vm/ID, /run/vc/firecracker/ID, /run/kata-containers/shared/sandboxes/ID. */
export function kataSandbox(cmdline: string | undefined): string | undefined {
  return /\/(?:vc\/(?:vm|firecracker)|kata-containers\/shared\/sandboxes)\/([\w.-]+)/.exec(cmdline ?? '')?.[1];
}

function named(text: string | undefined): { name?: string; id?: string } {
  return text === undefined ? {} : { name: text, id: text };
}

/** All zeros is QEMU's own word for "no UUID". */
function isNil(uuid: string | undefined): boolean {
  return uuid === undefined || /^[0-]+$/.test(uuid);
}
