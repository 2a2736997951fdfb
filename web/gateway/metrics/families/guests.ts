/**
 * Metrics of guests. `guest` is the guest's identity, which outlives a restart and is never another's; what may change of
 * a guest, such as its name, is in ksmpilot_guest_info alone, so that a rename does not end every series. Pure.
 */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestRest__Output } from '../../../../proto/generated/ksmpilot/v1/GuestRest.js';
import { labelled, single, type Family, type PointFamily, type Value } from '../family.js';
import type { AgentReading, GuestChoice } from '../reading.js';

/** Guests of one agent with series of their own; of more, those first in the order of their identities. */
export const MAX_GUESTS = 4_000;

/** Their identity has the pid and the start of a process in it, so every new process makes new series. */
const LONE_KINDS = new Set(['process', 'unknown']);

/** What the answers hold; the same list for each family of one scrape. */
const chosen = new WeakMap<AgentReading, Map<GuestChoice, readonly Guest__Output[]>>();

export const GUEST_FAMILIES: readonly Family[] = [
  labelled(
    'gauge',
    'ksmpilot_guests',
    'Guests by kind: virtual machines, containers, services and lone processes, with memory for KSM or not.',
    ['kind'],
    ({ guests }) => {
      const counts = new Map<string, number>();
      for (const { kind } of guests?.guests ?? []) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return [...counts].sort().map(([kind, value]) => ({ labels: { kind }, value }));
    },
  ),
  single('gauge', 'ksmpilot_guests_pending', 'Processes that were not looked at yet.', ({ guests }) =>
    guests === undefined || guests.time_ms === 0 ? undefined : guests.pending,
  ),
  single(
    'gauge',
    'ksmpilot_side_channel_watched',
    'Whether every COW break is seen, so that guests that read others by write timing can be found: 1 or 0.',
    ({ guests }) => (guests?.side_channel ? Number(guests.side_channel.state === 'on') : undefined),
  ),
  single('gauge', 'ksmpilot_suspects', 'Guests suspicious of reading others by write timing.', ({ guests }) =>
    guests?.side_channel?.state === 'on'
      ? guests.side_channel.suspects.filter(({ suspicious }) => suspicious).length
      : undefined,
  ),
  labelled(
    'gauge',
    'ksmpilot_guests_left_out',
    `Guests that have no series of their own here: beyond the first ${MAX_GUESTS}, or not asked for (?guests=).`,
    [],
    (reading, choice) => {
      const all = reading.guests?.guests.length;
      return [{ value: all === undefined ? undefined : all - guestsOf(reading, choice).length }];
    },
  ),
  labelled(
    'info',
    'ksmpilot_guest_info',
    'Who a guest is: its kind, its name, which guests choose themselves, and what its manager calls it.',
    ['guest', 'kind', 'name', 'id'],
    (reading, choice) =>
      guestsOf(reading, choice).map(({ identity, kind, name, id }) => ({
        labels: { guest: identity, kind, name, id },
        value: 1,
      })),
  ),
  labelled(
    'gauge',
    'ksmpilot_guest_merge',
    'Whether a guest offers its memory to KSM: on, off or mixed is the label, the value is 1.',
    ['guest', 'merge'],
    (reading, choice) =>
      guestsOf(reading, choice).map(({ identity, merge }) => ({
        labels: { guest: identity, merge: merge ?? '' },
        value: merge === undefined ? undefined : 1,
      })),
  ),
  perGuest('gauge', 'mergeable_bytes', 'Resident memory offered to KSM.', (guest) => guest.mergeable_bytes),
  perGuest(
    'gauge',
    'saved_bytes',
    'Its part of the saved memory of the host, zero pages included; with ksmpilot_rest_saved_bytes guests sum to the host.',
    (guest) => guest.saved_bytes,
  ),
  perGuest('gauge', 'zero_bytes', 'Of its saved memory, zero pages.', (guest) => guest.zero_bytes),
  perGuest(
    'gauge',
    'rmap_item_bytes',
    "Memory of ksmd's records of its pages (ksm_rmap_items of /proc/PID/ksm_stat).",
    (guest) => guest.rmap_item_bytes,
  ),
  perGuest('gauge', 'ksmd_cores', 'Its part of the CPU of ksmd, by records.', (guest) => guest.ksmd_cores),
  perGuest(
    'gauge',
    'net_cores',
    'Worth of its saving at the price set, less its part of the CPU of ksmd.',
    (guest) => guest.worth_per_hour,
  ),
  perGuest(
    'gauge',
    'merge_lifetime_median_seconds',
    'Median age of its merges at their break, of the last hour or two; absent where fewer than 20 were timed.',
    (guest) => guest.merge_lifetime_p50_s,
  ),
  perGuest(
    'counter',
    'merges_total',
    'Pages merged since the start of the agent, earlier runs of the guest included; from the scanner probe.',
    (guest) => guest.merges_total,
  ),
  perGuest(
    'counter',
    'cow_breaks_total',
    'COW breaks charged to it: counted ones, and the estimate for the time between windows of counting.',
    (guest) => guest.cow_breaks_total,
  ),
  perGuest(
    'counter',
    'cow_breaks_seen_total',
    'Of its COW breaks, those counted one by one.',
    (guest) => guest.cow_breaks_seen,
  ),
  perGuest(
    'counter',
    'zero_breaks_total',
    'Its writes to zero pages that KSM had placed.',
    (guest) => guest.zero_breaks_total,
  ),
  perGuest(
    'gauge',
    'suspicion_ratio',
    'How much its COW breaks look like reading others by write timing, 0 to 1, suspicious from 0.5; absent while the watch is off.',
    (guest) => guest.suspicion,
  ),
  ofRest('saved_bytes', 'Saved memory', (rest) => rest.saved_bytes),
  ofRest('zero_bytes', 'Zero pages', (rest) => rest.zero_bytes),
  ofRest('rmap_item_bytes', "Memory of ksmd's records", (rest) => rest.rmap_item_bytes),
  ofRest('ksmd_cores', 'CPU of ksmd', (rest) => rest.ksmd_cores),
  ofRest('net_cores', 'Worth less CPU of ksmd', (rest) => rest.worth_per_hour),
];

function perGuest(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: (guest: Guest__Output) => Value,
): PointFamily {
  return labelled(type, `ksmpilot_guest_${name}`, `Of a guest: ${lowerFirst(help)}`, ['guest'], (reading, choice) =>
    guestsOf(reading, choice).map((guest) => ({ labels: { guest: guest.identity }, value: value(guest) })),
  );
}

function ofRest(name: string, what: string, value: (rest: GuestRest__Output) => Value): PointFamily {
  const help = `${what} that no guest is charged with: of processes that are not seen, not readable, or ended.`;
  return single('gauge', `ksmpilot_rest_${name}`, help, ({ guests }) =>
    guests?.rest === null || guests?.rest === undefined ? undefined : value(guests.rest),
  );
}

function guestsOf(reading: AgentReading, choice: GuestChoice): readonly Guest__Output[] {
  if (choice === 'none' || reading.guests === undefined) return [];
  const lists = chosen.get(reading) ?? new Map<GuestChoice, readonly Guest__Output[]>();
  chosen.set(reading, lists);
  let list = lists.get(choice);
  if (list === undefined) lists.set(choice, (list = choose(reading.guests.guests, choice)));
  return list;
}

/** Ordered by identity, so that which ones a bound leaves out does not change from scrape to scrape. */
function choose(guests: readonly Guest__Output[], choice: GuestChoice): readonly Guest__Output[] {
  const wanted = choice === 'named' ? guests.filter(({ kind }) => !LONE_KINDS.has(kind)) : guests;
  const byIdentity = new Map(wanted.map((guest) => [guest.identity, guest]));
  return [...byIdentity.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1)).slice(0, MAX_GUESTS);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
