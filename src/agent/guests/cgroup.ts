/**
 * Where a process stands in the control groups. Pure.
 *
 * A process cannot choose its cgroup: root, a manager or a delegated user puts it there. So the path is better evidence
 * than the command line, and the outermost match counts: what is made inside of a delegated group may have any name.
 */

export type Runtime = 'docker' | 'podman' | 'kubernetes' | 'containerd' | 'lxc' | 'nspawn';

/** `owner`: the user or the unit in whose part of the tree it is, who can have made it; absent: the system's own. */
export type Place =
  /** `machine` as libvirt registers it: `qemu-1-NAME`, invalid characters of the name left out, at most 64. */
  | { readonly type: 'libvirt'; readonly machine: string; readonly anchor: string; readonly owner?: string }
  | { readonly type: 'proxmox'; readonly vmid: string; readonly anchor: string; readonly owner?: string }
  /** Firecracker's jailer. */
  | { readonly type: 'jail'; readonly id: string; readonly anchor: string; readonly owner?: string }
  | KataPlace
  | ContainerPlace
  | { readonly type: 'service'; readonly unit: string; readonly anchor: string; readonly owner?: string }
  /** The root group, a login session, a scope of a program: nothing that makes processes one guest. */
  | { readonly type: 'none'; readonly owner?: string };

export interface KataPlace {
  readonly type: 'kata';
  readonly sandbox: string;
  readonly anchor: string;
  readonly pod?: Pod;
  readonly owner?: string;
}

export interface ContainerPlace {
  readonly type: 'container';
  readonly runtime: Runtime;
  readonly id: string;
  /** What names it: the path up to it, which no other container shares. */
  readonly anchor: string;
  readonly pod?: Pod;
  readonly owner?: string;
}

export interface Pod {
  readonly uid: string;
  /** The path up to it. */
  readonly anchor: string;
}

/**
 * /proc/PID/cgroup: `ID:CONTROLLERS:PATH` a line, `0::PATH` for v2 (cgroups(7)). Of v1's many lines the one that says
 * most counts: a container before a service before nothing, memory's first, since that is what is charged.
 */
export function placeOf(cgroup: string): Place {
  let best: Place = { type: 'none' };
  for (const path of pathsOf(cgroup)) {
    const place = placeOfPath(path);
    if (place.type !== 'none' && place.type !== 'service') return place;
    if (best.type === 'none' && (place.type === 'service' || best.owner === undefined)) best = place;
  }
  return best;
}

/** Distinct paths, memory's, systemd's and v2's before those of other controllers. */
function pathsOf(cgroup: string): readonly string[] {
  const ranked: { readonly rank: number; readonly path: string }[] = [];
  for (const line of cgroup.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/[^]*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const rank = ['memory', 'name=systemd', ''].indexOf(controllers);
    // A group that was removed under its last process: `PATH (deleted)` (cgroup_path_ns, proc_cgroup_show).
    ranked.push({ rank: rank < 0 ? 3 : rank, path: path.replace(/ \(deleted\)$/, '') });
  }
  return [...new Set(ranked.sort((a, b) => a.rank - b.rank).map(({ path }) => path))];
}

/** `/../..` in front: the reader is in a cgroup namespace of its own, and the process is outside of it. */
function placeOfPath(path: string): Place {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '..');
  let owner: string | undefined;
  let service: Place | undefined;
  for (const [index, segment] of segments.entries()) {
    const user = /^user(?:@(\d+)\.service|-(\d+)\.slice)$/.exec(segment);
    if (user !== null) {
      owner ??= user[1] ?? user[2];
      continue;
    }
    const of = { anchor: `/${segments.slice(0, index + 1).join('/')}`, ...(owner === undefined ? {} : { owner }) };
    const place =
      virtualMachine(segments, index, of) ?? kubernetes(segments, index, of) ?? container(segments, index, of);
    if (place !== undefined) return place;
    if (!segment.endsWith('.service')) continue;
    service ??= { type: 'service', unit: segment, ...of };
    if (!MANAGERS.test(segment)) owner ??= segment;
  }
  return service ?? { type: 'none', ...(owner === undefined ? {} : { owner }) };
}

/** Services below which containers stand that are the system's: where a runtime runs without a driver for cgroups. */
const MANAGERS =
  /^(?:containerd|docker|crio|kubelet|k3s(?:-agent)?|rke2-(?:server|agent)|lxc(?:-net|d|@.*)?|incus)\.service$/;

interface Common {
  readonly anchor: string;
  readonly owner?: string;
}

function virtualMachine(segments: readonly string[], index: number, of: Common): Place | undefined {
  const segment = segments[index] ?? '';
  const before = segments[index - 1] ?? '';
  // virSystemdMakeScopeName, src/util/virsystemd.c; without systemd virCgroupNewMachineManual, src/util/vircgroup.c.
  const machine = /^machine-(.+)\.scope$/.exec(segment)?.[1] ?? /^(.+)\.libvirt-(?:qemu|lxc)$/.exec(segment)?.[1];
  if (machine !== undefined) {
    const name = unescapeUnit(machine);
    if (/(?:^|-)qemu-\d+(?:-|$)/.test(name)) return { type: 'libvirt', machine: name, ...of };
    if (/(?:^|-)lxc-\d+(?:-|$)/.test(name)) return { type: 'container', runtime: 'lxc', id: name, ...of };
    return { type: 'container', runtime: 'nspawn', id: name, ...of };
  }
  // enter_systemd_scope with Slice 'qemu.slice', src/PVE/QemuServer.pm of qemu-server.
  const vmid = before === 'qemu.slice' ? /^(\d+)\.scope$/.exec(segment)?.[1] : undefined;
  if (vmid !== undefined) return { type: 'proxmox', vmid, ...of };
  // Kata: kata_ID below the pod or below /kata, /vc; /kata_overhead/ID for what is not charged to the pod
  // (src/runtime/pkg/resourcecontrol/cgroups.go; docs/design/host-cgroups.md).
  const sandbox = before === 'kata_overhead' ? segment : /^kata_(?!overhead$)(.+)$/.exec(segment)?.[1];
  if (sandbox !== undefined) return { type: 'kata', sandbox, ...of };
  // The jailer makes PARENT/ID, PARENT being the name of the binary unless told otherwise (docs/jailer.md).
  const jailed = /^firecracker/.test(before) && !/\.(?:service|scope|slice)$/.test(before);
  if (jailed && /^[A-Za-z0-9-]{1,64}$/.test(segment)) return { type: 'jail', id: segment, ...of };
  return undefined;
}

const HEX_ID = '[0-9a-f]{32,64}';

/**
 * Pods as kubelet makes them: `kubepods-burstable-podUID.slice` (dashes of the UID as `_`) or `kubepods/burstable/podUID`;
 * static pods have a hash for UID. Below it the runtime's group: `cri-containerd-ID.scope`, `crio-ID.scope`,
 * `docker-ID.scope` or ID alone; `SLICE:cri-containerd:ID` where containerd had systemd paths without its driver.
 */
const POD = new RegExp(
  `^(?:.*kubepods.*-)?pod([0-9a-f]{32}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\\.slice)?(?::[\\w-]+:(${HEX_ID}))?$`,
);
const IN_POD = new RegExp(`^(?:(?:cri-containerd|crio|crio-conmon|docker)-)?(${HEX_ID})(?:\\.scope)?$`);

function kubernetes(segments: readonly string[], index: number, of: Common): Place | undefined {
  const segment = segments[index] ?? '';
  const [, uid, joined] = POD.exec(segment) ?? [];
  if (uid === undefined || !segments.slice(0, index + 1).some((one) => one.includes('kubepods'))) return undefined;
  const pod: Pod = { uid: uid.replaceAll('_', '-'), anchor: of.anchor };
  const below = segments[index + 1] ?? '';
  const sandbox = /^kata_(.+)$/.exec(below)?.[1];
  if (sandbox !== undefined) return { type: 'kata', sandbox, pod, ...of, anchor: `${of.anchor}/${below}` };
  const id = joined ?? IN_POD.exec(below)?.[1];
  // conmon, outside of its container, has the container's anchor.
  const anchor = id === undefined ? of.anchor : `${of.anchor}/${id}`;
  return { type: 'container', runtime: 'kubernetes', id: id ?? pod.uid, pod, ...of, anchor };
}

/** By the prefix of a scope or of a group of its own. */
const PREFIXES: Readonly<Record<string, Runtime>> = {
  docker: 'docker',
  libpod: 'podman',
  'libpod-conmon': 'podman',
  'cri-containerd': 'kubernetes',
  crio: 'kubernetes',
  'crio-conmon': 'kubernetes',
  nerdctl: 'containerd',
};
const PREFIXED = new RegExp(`^(${Object.keys(PREFIXES).join('|')})-(${HEX_ID})(?:\\.scope)?$`);
const BARE = /^[0-9a-f]{64}$/;

function container(segments: readonly string[], index: number, of: Common): Place | undefined {
  const segment = segments[index] ?? '';
  const before = segments[index - 1] ?? '';
  const parent = `/${segments.slice(0, index).join('/')}`;
  const make = (runtime: Runtime, id: string, anchor = `${parent}/${runtime}:${id}`): Place => ({
    type: 'container',
    runtime,
    id,
    ...of,
    anchor,
  });
  const [, prefix, id] = PREFIXED.exec(segment) ?? [];
  const runtime = PREFIXES[prefix ?? ''];
  if (runtime !== undefined && id !== undefined) return make(runtime, id);
  // LXC 4 and newer: lxc.payload.NAME and lxc.monitor.NAME; Proxmox: lxc/VMID and lxc.monitor/VMID.
  const named = /^lxc\.(?:payload|monitor)\.(.+)$/.exec(segment)?.[1];
  if (named !== undefined) return make('lxc', named);
  if (/^lxc(?:\.payload|\.monitor)?$/.test(before)) {
    return make('lxc', segment, `/${segments.slice(0, index - 1).join('/')}/lxc:${segment}`);
  }
  const nspawn = /^systemd-nspawn@(.+)\.service$/.exec(segment)?.[1];
  if (nspawn !== undefined) return make('nspawn', unescapeUnit(nspawn));
  // `/docker/ID` of the cgroupfs driver; `/NAMESPACE/ID` is ctr's and nerdctl's.
  if (BARE.test(segment) && before !== '') return make(before === 'docker' ? 'docker' : 'containerd', segment);
  return undefined;
}

/** `\x2d` and the like (unit_name_unescape, systemd). */
function unescapeUnit(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
