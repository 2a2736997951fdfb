/** Finds a guest by what an operator calls it, on this host and without an agent. */

import { join } from 'node:path';
import { KsmpilotError } from '../errors.js';
import { GuestRegistry, type Known } from '../guests/registry.js';
import { listPids } from '../kernel/pid.js';
import { glanceAtProcess, readProcessFacts } from '../kernel/process-facts.js';
import type { GuestIdentity } from '../model/guest.js';

/** Every process of the host is looked at, a bounded number each time; no host has more than 4,194,304. */
const LOOKS_MAX = 50_000;

/** How many guests an error lists. */
const LISTED_MAX = 10;

/** All guests of this host, as the agent tells them apart. Takes about 0.1 ms a process. */
export function listGuests(root = '/'): readonly GuestIdentity[] {
  const registry = new GuestRegistry((pid, startTicks) => readProcessFacts(root, pid, startTicks));
  const processes: Known[] = [];
  for (const pid of listPids(join(root, 'proc'))) {
    const glance = glanceAtProcess(root, pid);
    if (glance !== undefined && !glance.kernelThread) processes.push(glance);
  }
  let update = registry.update(processes, 0);
  for (let looks = 1; update.pending.size > 0 && looks < LOOKS_MAX; looks++) update = registry.update(processes, 0);
  return update.guests;
}

/**
 * @param text identity (`proxmox/100`), id, name or pid. Plain processes are meant only where nothing else is.
 * @throws KsmpilotError GUEST_ABSENT; GUEST_AMBIGUOUS listing those that are meant
 */
export function chooseGuest(guests: readonly GuestIdentity[], text: string): GuestIdentity {
  const pid = /^\d+$/.test(text) ? Number(text) : undefined;
  const exact = guests.filter(({ identity, key }) => identity === text || key === text);
  const meant = guests.filter(
    ({ kind, name, id, pids }) =>
      (pid !== undefined && pids.includes(pid)) || (isGuest(kind) && (name === text || id === text)),
  );
  const processes = guests.filter(({ kind, name, id }) => !isGuest(kind) && (name === text || id === text));
  const found = [exact, meant, processes].find((some) => some.length > 0) ?? [];
  const [guest] = found;
  if (guest === undefined) {
    throwIfEnded(guests, text);
    throw new KsmpilotError('GUEST_ABSENT', `no guest of this host is called ${JSON.stringify(text)}`, {
      hint: 'Use its name, its id (UUID, VMID, container id, unit), or the pid of its process.',
    });
  }
  if (found.length === 1) return guest;
  const listed = found.slice(0, LISTED_MAX).map((one) => `${one.identity} (${one.name}, pid ${one.pids[0] ?? '?'})`);
  const more = found.length > LISTED_MAX ? ` and ${found.length - LISTED_MAX} more` : '';
  throw new KsmpilotError('GUEST_AMBIGUOUS', `${found.length} guests are meant: ${listed.join(', ')}${more}`, {
    hint: 'Use what stands before the parenthesis, or the pid.',
  });
}

/** Who looks may stand in the container or service that is asked about, and changes while it looks. */
export function withoutProcess(guest: GuestIdentity, own: number): GuestIdentity {
  const pids = guest.pids.filter((pid) => pid !== own);
  if (pids.length > 0) return { ...guest, pids };
  throw new KsmpilotError('GUEST_ABSENT', 'that is this very program', { hint: 'Name a guest of this host.' });
}

/** A `key` names one run of a guest: IDENTITY#START.PID (guests/succession.ts). */
function throwIfEnded(guests: readonly GuestIdentity[], text: string): void {
  const identity = /^(.+)#\d+\.\d+$/s.exec(text)?.[1];
  if (identity === undefined) return;
  const later = guests.find((one) => one.identity === identity);
  throw new KsmpilotError(
    'GUEST_ABSENT',
    later === undefined ? `the guest ${JSON.stringify(text)} has ended` : `that run of ${later.name} has ended`,
    later === undefined ? {} : { hint: `It runs again, as ${later.key}.` },
  );
}

function isGuest(kind: GuestIdentity['kind']): boolean {
  return kind !== 'process' && kind !== 'unknown';
}
