/** Guests of the host that never was: those of fake-frames.ts's processes, and a machine that offers nothing. */

import type { Guest } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import { frameAt, processesAt, type Profile } from './fake-frames.js';

const IDENTITIES: Readonly<Record<string, Pick<Guest, 'kind' | 'name' | 'id' | 'doubts'>>> = {
  'demo-web-1': { kind: 'libvirt', name: 'web-1', id: '4f2c6e1a-8a4e-4d52-9a3e-0c7b1d7e5a01' },
  'demo-web-2': { kind: 'libvirt', name: 'web-2', id: '4f2c6e1a-8a4e-4d52-9a3e-0c7b1d7e5a02' },
  'demo-db': {
    kind: 'proxmox',
    name: 'a database with a name as long as some people give their machines',
    id: '103',
    doubts: ['Its cgroup is that of VM 104, its option -id another.'],
  },
  'demo-churn': { kind: 'docker', name: 'churn', id: 'c0ffee' },
  'demo-late': { kind: 'service', name: 'late.service', id: 'late.service' },
};

export function guestsAt(timeMs: number, sec: number, profile: Profile): GuestList {
  const processes = processesAt(sec, profile).filter(({ ended }) => ended !== true);
  const guests = processes.map((process): Guest => {
    const said = IDENTITIES[process.comm ?? ''] ?? { kind: 'process', name: process.comm, id: String(process.pid) };
    const saved = Number(process.saved_bytes);
    return {
      ...said,
      identity: `${said.kind}/${said.id}`,
      key: `${said.kind}/${said.id}#1.${process.pid}`,
      pids: [Number(process.pid)],
      ...(profile !== 'bare' && {
        merge: 'on',
        mergeable_bytes: process.anon_bytes,
        saved_bytes: saved,
        worth_per_hour: saved / 2 ** 33 - 0.004,
        merges_total: process.merges_total,
        cow_breaks_total: process.cow_breaks_total,
        cow_breaks_seen: process.cow_breaks_seen,
        suspicion: 0,
        cow_breaks_per_sec: breakRate(Number(process.cow_breaks_total), sec),
        merges_per_sec: Number(process.merges_total) === 0 ? 0 : 9 + 6 * Math.sin(sec / 7 + Number(process.pid)),
      }),
    };
  });
  const off: Guest = { kind: 'qemu', name: 'win11', id: '77@9', identity: 'qemu/77', key: 'qemu/77#9.77', pids: [77] };
  guests.push(profile === 'bare' ? off : { ...off, merge: 'off', mergeable_bytes: 0 });
  const known = guests.reduce((sum, { saved_bytes }) => sum + Number(saved_bytes ?? 0), 0);
  const total = Number(frameAt(0, timeMs, sec, profile).saved_bytes);
  const rest = Math.max(0, total - known);
  return {
    time_ms: timeMs,
    guests,
    rest: profile === 'bare' ? {} : { saved_bytes: rest, worth_per_hour: rest / 2 ** 33 },
    pending: 0,
    side_channel:
      profile === 'bare'
        ? { state: 'off', detail: 'off: COW breaks are not traced', threshold: 0.5 }
        : { state: 'on', detail: 'every page is looked at', threshold: 0.5, one_in: 1, found_from: 4, slowest_sec: 60 },
  };
}

/** About what the total rises by in a second, up and down. */
function breakRate(total: number, sec: number): number {
  return sec <= 62 ? 0 : (total / (sec - 62)) * (1 + 0.5 * Math.sin(sec / 11));
}
