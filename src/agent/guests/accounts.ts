/** What each guest has of the host's saving and costs, so that all of them sum to the host's figures. Pure. */

import { RMAP_ITEM_BYTES } from '../model/derive.js';
import type { GuestAccount, MergeState } from '../model/guest.js';
import type { KsmSysfs, ProcessRaw } from '../model/raw.js';
import { apportion } from './apportion.js';

const GIB = 2 ** 30;

export interface AccountsInput {
  readonly ksm: KsmSysfs | undefined;
  /** Cores that ksmd takes; null: not known yet. */
  readonly ksmdCores: number | null;
  /** GiB that are worth one core. */
  readonly gibPerCore: number;
  readonly pageSize: number;
  /** The processes of each guest, as read. */
  readonly guests: readonly GuestProcesses[];
}

export interface GuestProcesses {
  readonly processes: readonly ProcessRaw[];
  /** Of a virtual machine only this process's word counts whether it offers memory; its helpers never do. */
  readonly machine?: number;
}

export interface Accounts {
  /** One for each guest, in order. */
  readonly guests: readonly GuestAccount[];
  /** What no guest is charged with. */
  readonly rest: GuestAccount;
}

/**
 * `ksm_merging_pages` of a process counts every mapping of a KSM page, the one that would be there anyway included: over
 * all processes it sums to `pages_sharing + pages_shared`. So a guest saves its part of that sum in `pages_sharing`, and
 * what the known processes do not make up of the sum is the rest's. Where they make up more (readings moments apart;
 * before 6.12 a fork child starts with its parent's count) their own sum is what is divided.
 */
export function accountsOf({ ksm, ksmdCores, gibPerCore, pageSize, guests }: AccountsInput): Accounts {
  const merging = sums(guests, (process) => process.ksm_merging_pages);
  // Zero pages came after merging pages (6.6, 6.4): a guest that shows only the former was half read.
  const zero = sums(guests, (process) => process.ksm_zero_pages).map((sum, at) => (merging[at] === null ? null : sum));
  const records = sums(guests, (process) => process.ksm_rmap_items);
  const saving = divided(ksm?.pages_sharing, merging, mapped(ksm));
  const zeros = divided(ksm?.ksm_zero_pages, zero, ksm?.ksm_zero_pages);
  const weights = weightsOf(records, recordsOf(ksm));

  const account = (index: number, offered: Offered): GuestAccount => {
    const shared = saving?.[index] ?? null;
    const zeroPages = zeros?.[index] ?? null;
    const savedBytes = shared === null ? null : (shared + (zeroPages ?? 0)) * pageSize;
    const part = weights?.[index];
    const cores = part === undefined || ksmdCores === null ? null : ksmdCores * part;
    return {
      mergeableBytes: offered.pages === null ? null : offered.pages * pageSize,
      savedBytes,
      zeroBytes: zeroPages === null ? null : zeroPages * pageSize,
      rmapItemBytes: index < guests.length ? bytesOf(records[index]) : restOf(records, recordsOf(ksm)),
      ksmdCores: cores,
      worthCores: savedBytes === null || cores === null ? null : savedBytes / GIB / gibPerCore - cores,
      merge: offered.merge,
    };
  };
  return {
    guests: guests.map((guest, index) => account(index, offeredBy(guest))),
    rest: account(guests.length, { pages: null, merge: null }),
  };
}

/** null: none of the guest's processes says. */
type Sum = number | null;

function sums(guests: readonly GuestProcesses[], field: (process: ProcessRaw) => number | undefined): readonly Sum[] {
  return guests.map(({ processes }) => {
    let sum: Sum = null;
    for (const process of processes) {
      const value = field(process);
      if (value !== undefined) sum = (sum ?? 0) + value;
    }
    return sum;
  });
}

/**
 * `total` pages over the guests and the rest, which is the last. A guest of which nothing is known gets null, and what is
 * its is in the rest.
 *
 * @param known what the guests' own counts sum to when all are known
 */
function divided(
  total: number | undefined,
  own: readonly Sum[],
  known: number | undefined,
): readonly Sum[] | undefined {
  if (total === undefined || known === undefined) return undefined;
  const sum = own.reduce<number>((all, one) => all + (one ?? 0), 0);
  const parts = apportion(total, [...own.map((one) => one ?? 0), Math.max(0, known - sum)]);
  return parts.map((part, index) => (index < own.length && own[index] === null ? null : part));
}

function mapped(ksm: KsmSysfs | undefined): number | undefined {
  if (ksm?.pages_sharing === undefined || ksm.pages_shared === undefined) return undefined;
  return ksm.pages_sharing + ksm.pages_shared;
}

/** Every rmap item is in exactly one of these (pages_volatile_show, mm/ksm.c). */
function recordsOf(ksm: KsmSysfs | undefined): number | undefined {
  const inTrees = mapped(ksm);
  if (inTrees === undefined || ksm?.pages_unshared === undefined || ksm.pages_volatile === undefined) return undefined;
  return inTrees + ksm.pages_unshared + ksm.pages_volatile;
}

/**
 * Parts of ksmd's work, the rest's last; they sum to 1. ksmd visits each record once a full scan, and that is what its
 * time goes to; smart_scan skips some, which the kernel does not tell by process.
 */
function weightsOf(records: readonly Sum[], total: number | undefined): readonly number[] | undefined {
  if (total === undefined || records.every((one) => one === null)) return undefined;
  const sum = records.reduce<number>((all, one) => all + (one ?? 0), 0);
  const all = Math.max(sum, total);
  if (all === 0) return [...records.map(() => 0), 1];
  return [...records.map((one) => (one ?? 0) / all), (all - sum) / all];
}

function restOf(records: readonly Sum[], total: number | undefined): number | null {
  if (total === undefined) return null;
  return Math.max(0, total - records.reduce<number>((all, one) => all + (one ?? 0), 0)) * RMAP_ITEM_BYTES;
}

function bytesOf(records: Sum | undefined): number | null {
  return records === null || records === undefined ? null : records * RMAP_ITEM_BYTES;
}

interface Offered {
  readonly pages: number | null;
  readonly merge: MergeState | null;
}

/** Anonymous resident memory of the processes that offer some; zero pages that KSM placed are no longer resident. */
function offeredBy({ processes, machine }: GuestProcesses): Offered {
  let pages: number | null = null;
  const states = new Set<boolean>();
  for (const process of processes) {
    const offers = offersMemory(process);
    if (offers === undefined) continue;
    if (machine === undefined || machine === process.pid) states.add(offers);
    if (!offers) pages ??= 0;
    else if (process.rssAnonPages !== undefined) {
      pages = (pages ?? 0) + process.rssAnonPages + (process.ksm_zero_pages ?? 0);
    }
  }
  const merge = states.size === 0 ? null : states.size === 2 ? 'mixed' : states.has(true) ? 'on' : 'off';
  return { pages, merge };
}

/** The kernel's own word from 6.14 on; before, what ksmd keeps for it shows that it does, and nothing that it does not. */
function offersMemory(process: ProcessRaw): boolean | undefined {
  if (process.ksm_mergeable !== undefined || process.ksm_merge_any !== undefined) {
    return process.ksm_mergeable === true || process.ksm_merge_any === true;
  }
  const booked = (process.ksm_merging_pages ?? 0) + (process.ksm_rmap_items ?? 0) + (process.ksm_zero_pages ?? 0);
  return booked > 0 ? true : undefined;
}
