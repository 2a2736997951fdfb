/** From the facts of one process to what it claims to be part of. Pure. */

import type { GuestKind, ProcessFacts } from '../model/guest.js';
import { type ContainerPlace, type Place, placeOf } from './cgroup.js';
import { argumentsOf, claimOf, kataSandbox, type MachineClaim, monitorOf, programOf } from './machine.js';
import { printable, printableText } from './printable.js';

/** One process, as far as it can be told by itself. `group.ts` puts those of one guest together. */
export interface Claim {
  readonly pid: number;
  readonly startTicks: number;
  readonly ppid: number;
  readonly uid?: number;
  readonly kind: GuestKind;
  /** Printable. */
  readonly name: string;
  readonly id: string;
  /**
   * Whose word `id` is, part of the identity: empty for root's and for what the cgroup confirms, else the user or the
   * container. What one user calls his guest never gets the history of another's.
   */
  readonly domain: string;
  /** A virtual machine monitor: always a guest of its own, whatever it shares with others. */
  readonly machine: boolean;
  readonly uuid?: string;
  /** Processes with the same group that belong to no machine are one guest. */
  readonly group: string;
  /** A machine's: whoever stands `within` one of these belongs to it. */
  readonly holds: readonly string[];
  /** By cgroup. */
  readonly within: readonly string[];
  /** Paths on a machine's command line, the sockets of its helpers among them. */
  readonly paths: readonly string[];
  /**
   * What a helper says it serves: a sandbox or a path. Its own word, which counts if it is root's or of the machine's
   * user.
   */
  readonly named: readonly string[];
  /** Runs a program that serves one machine. */
  readonly helper: boolean;
  readonly place: Place;
  readonly doubts: readonly string[];
}

/** Daemons that serve one machine each: file systems, TPM, network and devices. */
const HELPERS =
  /^(?:virtiofsd|swtpm|passt(?:\.avx2)?|slirp4netns|gvproxy|dbus-daemon|qemu-(?:bridge-helper|pr-helper|storage-daemon)|vhost-(?:user|device)-[\w-]+|containerd-shim-kata-v2)$/;

export function identify(facts: ProcessFacts): Claim {
  const place = placeOf(facts.cgroup ?? '');
  const monitor = monitorOf(facts);
  return monitor === undefined ? member(facts, place) : machine(facts, place, claimOf(monitor, facts));
}

/** A process of which nothing may be read, or not yet. */
export function unreadable(process: { pid: number; startTicks: number; comm: string }, why: string): Claim {
  return {
    pid: process.pid,
    startTicks: process.startTicks,
    ...alone(process),
    ppid: 0,
    kind: 'unknown',
    name: printableText(process.comm),
    domain: '',
    machine: false,
    holds: [],
    within: [],
    paths: [],
    named: [],
    helper: false,
    place: { type: 'none' },
    doubts: [why],
  };
}

export function refusal(errno: string): string {
  return `The kernel does not let this agent read the process (${errno}): it is not root, or hidepid hides it.`;
}

function machine(facts: ProcessFacts, place: Place, told: MachineClaim): Claim {
  const doubts = facts.refused === undefined ? [] : [refusal(facts.refused)];
  let { kind, name, id } = told;
  let confirmed = false;
  const holds: string[] = [];
  switch (place.type) {
    case 'libvirt': {
      if (kind === 'qemu') kind = 'libvirt';
      confirmed = name !== undefined && isMachineNameOf(place.machine, name);
      if (name !== undefined && !confirmed)
        doubts.push(`Its cgroup is that of the machine ${printable(place.machine)}.`);
      name ??= domainName(place.machine);
      id = told.uuid ?? name;
      holds.push(place.anchor);
      break;
    }
    case 'proxmox':
      if (kind === 'proxmox' && id !== place.vmid)
        doubts.push(`Its cgroup is that of VM ${place.vmid}, its option -id another.`);
      kind = 'proxmox';
      id = place.vmid;
      confirmed = true;
      holds.push(place.anchor);
      break;
    case 'kata':
      if (told.sandbox !== undefined && told.sandbox !== place.sandbox)
        doubts.push('Its cgroup is that of another sandbox.');
      kind = 'kata';
      name = id = place.sandbox;
      confirmed = true;
      holds.push(place.anchor, `kata:${place.sandbox}`);
      break;
    case 'jail':
      if (id !== undefined && id !== place.id) doubts.push('Its cgroup is that of another id of the jailer.');
      name = id = place.id;
      confirmed = true;
      holds.push(place.anchor);
      break;
    case 'container':
      // A pod is made by kubelet, and holds one guest of KubeVirt. Kata's sandbox has the id of the pod's first container.
      // A pod's namespace cannot be seen from here: a tenant who runs QEMU in a pod of his own can take the name of
      // another's guest of KubeVirt. While both run they are told apart.
      confirmed = place.pod !== undefined && (kind === 'kubevirt' || (kind === 'kata' && place.id === told.sandbox));
      if (confirmed && place.pod !== undefined) holds.push(place.pod.anchor);
      break;
    default:
  }
  // A user can make groups of any name below his own, so those confirm nothing.
  const trusted = place.owner === undefined ? confirmed || (facts.uid === 0 && place.type !== 'container') : false;
  if (told.sandbox !== undefined && trusted && place.type !== 'kata') holds.push(`kata:${told.sandbox}`);
  const key = alone(facts);
  return {
    ...common(facts, place),
    kind,
    name: printable(name ?? (kind === 'proxmox' && id !== undefined ? `vm${id}` : facts.comm)),
    id:
      id === undefined && told.uuid === undefined && name === undefined
        ? key.id
        : printable(id ?? told.uuid ?? name ?? ''),
    domain: trusted ? '' : domainOf(facts, place),
    machine: true,
    ...(told.uuid === undefined || kind === 'kubevirt' ? {} : { uuid: told.uuid }),
    group: key.group,
    holds,
    paths: told.paths,
    doubts,
  };
}

function member(facts: ProcessFacts, place: Place): Claim {
  const base = common(facts, place);
  const doubts = facts.refused === undefined ? [] : [refusal(facts.refused)];
  const blind = facts.refused !== undefined && facts.cmdline === undefined && facts.exe === undefined;
  const of = (kind: GuestKind, id: string, name: string, anchor: string): Claim => ({
    ...base,
    kind,
    id: printable(id),
    name: printable(name),
    domain: printable(place.owner ?? ''),
    machine: false,
    group: `${kind} ${anchor}`,
    holds: [],
    paths: [],
    doubts,
  });
  switch (place.type) {
    case 'libvirt':
      return of('libvirt', domainName(place.machine), domainName(place.machine), place.anchor);
    case 'proxmox':
      return of('proxmox', place.vmid, `vm${place.vmid}`, place.anchor);
    case 'jail':
      return of('firecracker', place.id, place.id, place.anchor);
    case 'kata':
      return of('kata', place.sandbox, place.sandbox, place.anchor);
    case 'container':
      return of(place.runtime, place.id, containerName(place), place.anchor);
    case 'service':
      return of('service', place.unit, place.unit, place.anchor);
    case 'none': {
      const kind = blind ? 'unknown' : 'process';
      return { ...of(kind, '', facts.comm, ''), ...alone(facts), domain: '' };
    }
  }
}

function common(
  facts: ProcessFacts,
  place: Place,
): Pick<Claim, 'pid' | 'startTicks' | 'ppid' | 'uid' | 'within' | 'named' | 'helper' | 'place'> {
  const { pid, startTicks, ppid, uid } = facts;
  const helper = HELPERS.test(programOf(facts));
  const within: string[] = [];
  if (place.type !== 'none' && place.type !== 'service') within.push(place.anchor);
  if (place.type === 'kata') within.push(`kata:${place.sandbox}`);
  if ((place.type === 'container' || place.type === 'kata') && place.pod !== undefined) within.push(place.pod.anchor);
  return {
    pid,
    startTicks,
    ppid,
    ...(uid === undefined ? {} : { uid }),
    within,
    named: helper ? namedByHelper(facts) : [],
    helper,
    place,
  };
}

/** The sandbox and the sockets that a helper is started with. */
function namedByHelper({ cmdline }: ProcessFacts): string[] {
  const args = argumentsOf(cmdline).slice(1);
  const sandbox = kataSandbox(cmdline) ?? args[args.indexOf('-id') + 1];
  const tokens = sandbox === undefined || sandbox.startsWith('-') ? [] : [`kata:${sandbox}`];
  for (const arg of args) {
    const path = /^(?:--?[a-z-]*(?:socket|path)[a-z-]*=|(?:[^]*,)?path=)?(\/[^,]+)/.exec(arg)?.[1];
    if (path !== undefined) tokens.push(path);
  }
  return tokens;
}

function alone({ pid, startTicks }: { pid: number; startTicks: number }): { id: string; group: string } {
  const id = `${pid}@${startTicks}`;
  return { id, group: `process ${id}` };
}

function domainOf({ uid }: ProcessFacts, place: Place): string {
  const user = uid === undefined ? 'unknown user' : String(uid);
  const above = place.owner === undefined || place.owner === user ? '' : `${printable(place.owner)}:`;
  return place.type === 'container' ? `${above}${place.runtime}:${printable(place.id)}:${user}` : `${above}${user}`;
}

function containerName({ runtime, id, pod }: ContainerPlace): string {
  // As `docker ps` and crictl show it. LXC and nspawn have names for ids.
  const short = /^[0-9a-f]{32,}$/.test(id) ? id.slice(0, 12) : id;
  return runtime === 'kubernetes' && pod !== undefined && id !== pod.uid ? `${pod.uid}/${short}` : short;
}

/** `qemu-3-web` gives `web`: the number is libvirt's id of this run. Of a name with no valid character nothing is left. */
function domainName(machineName: string): string {
  const name = machineName.replace(/^(?:.*?-)?(?:qemu|lxc)-\d+(?:-|$)/, '');
  return name === '' ? machineName : name;
}

/**
 * Is this libvirt's machine name of the domain? It keeps letters and digits, of dashes and dots single ones, and at most
 * 64 characters with the prefix (virDomainMachineNameAppendValid, src/hypervisor/domain_driver.c).
 */
function isMachineNameOf(machineName: string, domain: string): boolean {
  const kept = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, '');
  const name = kept(machineName.replace(/^(?:.*?-)?qemu-\d+/, ''));
  return machineName.length >= 60 ? kept(domain).startsWith(name) : kept(domain) === name;
}
