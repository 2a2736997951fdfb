/** A host with many guests, as such hosts are: a few images, most guests alike, some that churn, some that offer nothing. */

import type { Guest } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import { chance as chanceOf } from './chance.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const PAGE = 4096;

/** GiB a core. */
const PRICE = 8;

interface Fleet {
  readonly kind: string;
  readonly name: (index: number) => string;
  readonly id: (index: number, chance: () => number) => string;
  /** Resident memory offered, bytes. */
  readonly offered: number;
  /** Part of it that merges. */
  readonly share: number;
  /** COW breaks a second. */
  readonly breaks: number;
  /** Of 100 guests. */
  readonly weight: number;
}

const FLEETS: readonly Fleet[] = [
  { kind: 'libvirt', name: (i) => `web-${i}`, id: uuid, offered: 3.4 * GIB, share: 0.32, breaks: 1.2, weight: 34 },
  { kind: 'libvirt', name: (i) => `ci-runner-${i}`, id: uuid, offered: 2.1 * GIB, share: 0.21, breaks: 46, weight: 16 },
  {
    kind: 'openstack',
    name: (i) => `instance-${(4_000 + i * 37).toString(16).padStart(8, '0')}`,
    id: uuid,
    offered: 7.6 * GIB,
    share: 0.12,
    breaks: 4,
    weight: 14,
  },
  {
    kind: 'proxmox',
    name: (i) => `win-desktop-${i}`,
    id: (i) => String(100 + i),
    offered: 4 * GIB,
    share: 0.41,
    breaks: 9,
    weight: 14,
  },
  {
    kind: 'kubevirt',
    name: (i) => `tenant-${i % 5}/vm-${i}`,
    id: uuid,
    offered: 1.8 * GIB,
    share: 0.27,
    breaks: 2,
    weight: 8,
  },
  { kind: 'docker', name: (i) => `redis-${i}`, id: hex, offered: 220 * MIB, share: 0.04, breaks: 120, weight: 6 },
  {
    kind: 'service',
    name: (i) => `php-fpm@${i}.service`,
    id: (i) => `php-fpm@${i}.service`,
    offered: 310 * MIB,
    share: 0.5,
    breaks: 0.4,
    weight: 5,
  },
  { kind: 'firecracker', name: (i) => `fn-${i}`, id: hex, offered: 128 * MIB, share: 0.55, breaks: 0.1, weight: 3 },
];

/**
 * The list at `timeMs`, the same for the same arguments. One guest in eleven offers nothing, one in thirty is in doubt.
 *
 * @param sec since the agent's start: savings grow towards their share, rates wobble
 */
export function manyGuests(count: number, timeMs: number, sec: number): GuestList {
  const chance = chanceOf(7);
  const guests: Guest[] = [];
  for (let index = 0; index < count; index += 1) guests.push(guestAt(index, count, sec, chance));
  const saved = guests.reduce((sum, { saved_bytes }) => sum + Number(saved_bytes ?? 0), 0);
  return {
    time_ms: timeMs,
    guests,
    rest: {
      saved_bytes: Math.round(saved * 0.011),
      zero_bytes: Math.round(saved * 0.001),
      rmap_item_bytes: 9 * MIB,
      ksmd_cores: 0.0021,
      worth_per_hour: (saved * 0.011) / GIB / PRICE - 0.0021,
    },
    pending: 0,
  };
}

function guestAt(index: number, count: number, sec: number, chance: () => number): Guest {
  const fleet = fleetAt((index * 100) / count);
  const id = fleet.id(index, chance);
  const [spread, luck, phase] = [0.6 + 0.8 * chance(), chance(), chance()];
  const identity = `${fleet.kind}/${id}`;
  const pid = 2_100 + index * 13;
  const said = {
    kind: fleet.kind,
    name: fleet.name(index + 1),
    id,
    identity,
    key: `${identity}#${9_000 + index}.${pid}`,
    pids: fleet.kind === 'docker' ? [pid, pid + 1, pid + 2] : [pid],
    doubts: index % 30 === 17 ? ['Its cgroup is that of another machine.'] : [],
  };
  if (index % 11 === 5) return { ...said, merge: 'off', mergeable_bytes: 0 };
  const offered = Math.round(fleet.offered * spread);
  const grown = 1 - Math.exp(-sec / (90 + 400 * phase));
  const wobble = 1 + 0.02 * Math.sin(sec / (7 + 20 * phase));
  const saved = Math.round((offered * fleet.share * (0.5 + luck) * grown * wobble) / PAGE) * PAGE;
  const breaks = fleet.breaks * (0.5 + luck) * wobble;
  const ksmdCores = (0.11 * offered) / (count * 3 * GIB);
  return {
    ...said,
    merge: fleet.kind === 'docker' ? 'mixed' : 'on',
    mergeable_bytes: offered,
    saved_bytes: saved,
    zero_bytes: Math.round((saved * 0.14) / PAGE) * PAGE,
    rmap_item_bytes: Math.round(offered / PAGE) * 64,
    merges_total: Math.round(saved / PAGE + breaks * sec),
    cow_breaks_total: Math.round(breaks * sec),
    cow_breaks_seen: Math.round(breaks * sec * 0.08),
    ksmd_cores: ksmdCores,
    worth_per_hour: saved / GIB / PRICE - ksmdCores,
    merges_per_sec: breaks * (0.7 + 0.6 * chance()),
    cow_breaks_per_sec: breaks,
    ...(fleet.breaks > 1 && { merge_lifetime_p50_s: Math.round(2_000 / fleet.breaks) }),
  };
}

/** @param place 0 to 100 */
function fleetAt(place: number): Fleet {
  let until = 0;
  for (const fleet of FLEETS) {
    until += fleet.weight;
    if (place < until) return fleet;
  }
  const last = FLEETS.at(-1);
  if (last === undefined) throw new Error('no fleets');
  return last;
}

function hex(_index: number, chance: () => number): string {
  return Array.from({ length: 12 }, () => Math.floor(chance() * 16).toString(16)).join('');
}

function uuid(index: number, chance: () => number): string {
  const part = hex(index, chance);
  return `${part.slice(0, 8)}-${part.slice(8, 12)}-4d52-9a3e-${hex(index, chance)}`;
}
