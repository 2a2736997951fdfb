/** The columns of the guest table: what each shows, sorts by and says at the foot. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestRest__Output } from '../../../../proto/generated/ksmpilot/v1/GuestRest.js';
import { isEstimated } from '../../breaks.js';
import { bytes, count, duration, orUnknown, percent, perSecond, signedCores, UNKNOWN } from '../../format.js';
import type { Sums } from './sums.js';

export const GUEST_KEYS = [
  'name',
  'kind',
  'curve',
  'saved_bytes',
  'zero_bytes',
  'mergeable_bytes',
  'worth_per_hour',
  'ksmd_cores',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'merge_lifetime_p50_s',
  'merge',
] as const;

export type GuestKey = (typeof GUEST_KEYS)[number];

export interface GuestColumn {
  readonly key: GuestKey;
  readonly title: string;
  readonly means: string;
  readonly word?: true;
  /** Absent: not sorted by. */
  readonly value?: (guest: Guest__Output) => string | number | undefined;
  readonly show: (guest: Guest__Output) => string;
  /** At the foot, of all guests shown; absent: nothing. */
  readonly sum?: (sums: Sums) => string;
  /** At the foot, of what no guest was charged with; absent: nothing. */
  readonly rest?: (rest: GuestRest__Output) => string;
}

export const GUEST_COLUMNS: readonly GuestColumn[] = [
  {
    key: 'name',
    title: 'Name',
    means:
      'Name of the guest, as its manager or it itself says; (!) where its writes look like reading others by timing',
    word: true,
    value: ({ name }) => name,
    show: ({ name, suspicion_text }) => (suspicion_text === undefined ? name : `${name} (!)`),
  },
  {
    key: 'kind',
    title: 'Kind',
    means: 'What runs it; (?) where something speaks against that',
    word: true,
    value: ({ kind }) => kind,
    show: ({ kind, doubts }) => (doubts.length === 0 ? kind : `${kind} (?)`),
  },
  {
    key: 'curve',
    title: 'Saved lately',
    means: 'Memory saved since this page was opened, from 0 to its own greatest',
    word: true,
    show: () => '',
  },
  {
    key: 'saved_bytes',
    title: 'Saved',
    means: "Its part of the memory saved; with what no guest was charged with, the parts sum to the host's",
    value: (guest) => guest.saved_bytes,
    show: (guest) => bytes(guest.saved_bytes),
    sum: (sums) => bytes(sums.saved_bytes),
    rest: (rest) => bytes(rest.saved_bytes),
  },
  {
    key: 'zero_bytes',
    title: 'Zero',
    means: 'Of the saved memory, zero pages',
    value: (guest) => guest.zero_bytes,
    show: (guest) => bytes(guest.zero_bytes),
    sum: (sums) => bytes(sums.zero_bytes),
    rest: (rest) => bytes(rest.zero_bytes),
  },
  {
    key: 'mergeable_bytes',
    title: 'Offered',
    means: 'Resident memory offered to KSM',
    value: (guest) => guest.mergeable_bytes,
    show: (guest) => bytes(guest.mergeable_bytes),
    sum: (sums) => bytes(sums.mergeable_bytes),
  },
  {
    key: 'worth_per_hour',
    title: 'Worth, cores',
    means: "What its saving is worth less its part of ksmd's CPU, in cores at the operator's price",
    value: (guest) => guest.worth_per_hour,
    show: (guest) => signedCores(guest.worth_per_hour),
    sum: (sums) => signedCores(sums.worth_per_hour),
    rest: (rest) => signedCores(rest.worth_per_hour),
  },
  {
    key: 'ksmd_cores',
    title: 'ksmd CPU',
    means: "Its part of ksmd's CPU by the records that ksmd keeps of its pages, per cent of one core",
    value: (guest) => guest.ksmd_cores,
    show: (guest) => ofCore(guest.ksmd_cores),
    sum: (sums) => ofCore(sums.ksmd_cores),
    rest: (rest) => ofCore(rest.ksmd_cores),
  },
  {
    key: 'merges_per_sec',
    title: 'Merges',
    means: 'Pages merged a second, over the last interval',
    value: (guest) => guest.merges_per_sec,
    show: (guest) => perSecond(guest.merges_per_sec),
    sum: (sums) => perSecond(sums.merges_per_sec),
  },
  {
    key: 'cow_breaks_per_sec',
    title: 'COW breaks',
    means: 'Writes to merged pages a second, over the last interval; ~ is scaled to the exact total',
    value: (guest) => guest.cow_breaks_per_sec,
    show: breakRate,
    sum: (sums) => perSecond(sums.cow_breaks_per_sec),
  },
  {
    key: 'merge_lifetime_p50_s',
    title: 'Lifetime',
    means: 'Half of its merges that were broken in the last hour or two were broken by about this age',
    value: (guest) => guest.merge_lifetime_p50_s,
    show: (guest) => lifetime(guest.merge_lifetime_p50_s),
  },
  {
    key: 'merge',
    title: 'Merging',
    means: 'Is its memory offered to KSM? on, off or mixed',
    word: true,
    value: ({ merge }) => merge,
    show: ({ merge }) => orUnknown(merge),
  },
];

/** Cells of the rows at the foot: all guests shown, and what no guest was charged with. */
export function feetOf(sums: Sums, guests: string, rest: GuestRest__Output | undefined): string[][] {
  const cells = (name: string, show: (column: GuestColumn) => string | undefined): string[] =>
    GUEST_COLUMNS.map((column) => (column.key === 'name' ? name : (show(column) ?? '')));
  return [
    cells(guests, ({ sum }) => sum?.(sums)),
    ...(rest === undefined ? [] : [cells('charged to no guest', (column) => column.rest?.(rest))]),
  ];
}

/** `1 guest`, `1,000 guests`, `3 of 1,000 guests`. */
export function guestsWord(shown: number, all: number): string {
  const word = all === 1 ? 'guest' : 'guests';
  return shown === all ? `${count(all)} ${word}` : `${count(shown)} of ${count(all)} ${word}`;
}

export function breakRate(guest: Guest__Output): string {
  const text = perSecond(guest.cow_breaks_per_sec);
  return text !== UNKNOWN && guest.cow_breaks_per_sec !== 0 && isEstimated(guest) ? `~${text}` : text;
}

export function lifetime(seconds: number | undefined): string {
  return duration(seconds === undefined ? undefined : seconds * 1_000);
}

function ofCore(cores: number | undefined): string {
  return percent(cores === undefined ? undefined : cores * 100);
}
