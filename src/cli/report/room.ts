/** How much memory was promised, and how many more guests would fit. Pure. */

import { usableBytes } from '../../agent/risk.js';

/** Memory promised and offered against what there is. null: not known. */
export interface Overcommit {
  readonly physicalBytes: number | null;
  /** Sum of what the monitors of virtual machines were started with. */
  readonly promisedBytes: number | null;
  /** Guests whose promise is known, of all. */
  readonly promisedGuests: number;
  readonly guests: number;
  readonly promisedRatio: number | null;
  /** Memory offered to KSM now. */
  readonly mergeableBytes: number | null;
  readonly residentBytes: number | null;
  readonly mergeableRatio: number | null;
  /** In use now, and what would be without merging. */
  readonly usedBytes: number | null;
  readonly usedWithoutBytes: number | null;
  readonly withoutRatio: number | null;
}

export interface Room {
  /** Guests that the average is of. */
  readonly basis: number;
  /** What such a guest offers, and what of that is saved, bytes, on the span's average. */
  readonly guestBytes: number;
  readonly guestSavedBytes: number;
  /** Free for guests: least MemAvailable of the span less the margin that is always left. */
  readonly usableBytes: number;
  /** Saved most in the span: what may have to be held anew. */
  readonly savedBytes: number;
  /** With merging as it was. */
  readonly withKsm: number;
  /** The same host without KSM; can be negative: so many of those that run would have to go. */
  readonly withoutKsm: number;
  /** And still everything could be unmerged at once. */
  readonly safe: number;
}

export interface GuestSize {
  readonly mergeableBytes: number | null;
  readonly savedBytes: number | null;
}

export interface HostMemory {
  readonly memTotalBytes: number | null;
  readonly memAvailableBytes: number | null;
  readonly residentBytes: number | null;
  readonly savedBytes: number | null;
}

export function overcommitOf(
  host: HostMemory,
  guests: readonly { readonly mergeableBytes: number | null; readonly promisedBytes: number | null }[],
): Overcommit {
  const promises = known(guests.map(({ promisedBytes }) => promisedBytes));
  const offers = known(guests.map(({ mergeableBytes }) => mergeableBytes));
  const promisedBytes = promises.length === 0 ? null : sum(promises);
  const mergeableBytes = offers.length === 0 ? null : sum(offers);
  const { memTotalBytes: physicalBytes, memAvailableBytes, residentBytes, savedBytes } = host;
  const usedBytes = physicalBytes === null || memAvailableBytes === null ? null : physicalBytes - memAvailableBytes;
  const usedWithoutBytes = usedBytes === null || savedBytes === null ? null : usedBytes + savedBytes;
  return {
    physicalBytes,
    promisedBytes,
    promisedGuests: promises.length,
    guests: guests.length,
    promisedRatio: ratio(promisedBytes, physicalBytes),
    mergeableBytes,
    residentBytes,
    mergeableRatio: ratio(mergeableBytes, residentBytes),
    usedBytes,
    usedWithoutBytes,
    withoutRatio: ratio(usedWithoutBytes, physicalBytes),
  };
}

/**
 * How many guests like those that merge would fit. A guest that comes brings its memory whole, and merges as the others
 * did; whether it would, `ksmpilot estimate` looks up.
 *
 * @param host the least that was available and the most that was saved in the span
 * @returns null where it cannot be told: no guest merges, or the host's memory is not known
 */
export function roomFor(
  host: Pick<HostMemory, 'memTotalBytes' | 'memAvailableBytes' | 'savedBytes'>,
  guests: readonly GuestSize[],
): Room | null {
  const { memTotalBytes, memAvailableBytes, savedBytes } = host;
  const merging = guests.filter(({ mergeableBytes }) => (mergeableBytes ?? 0) > 0);
  if (memTotalBytes === null || memAvailableBytes === null || savedBytes === null || merging.length === 0) return null;
  const guestBytes = sum(known(merging.map(({ mergeableBytes }) => mergeableBytes))) / merging.length;
  const saved = sum(known(merging.map((guest) => guest.savedBytes))) / merging.length;
  const guestSavedBytes = Math.min(saved, guestBytes);
  const usable = usableBytes(memAvailableBytes, memTotalBytes);
  // A guest that merges whole still takes a page.
  const withKsm = Math.floor(usable / Math.max(4096, guestBytes - guestSavedBytes));
  const withoutKsm = Math.floor((usable - savedBytes) / guestBytes);
  return {
    basis: merging.length,
    guestBytes,
    guestSavedBytes,
    usableBytes: usable,
    savedBytes,
    withKsm,
    withoutKsm,
    // Unmerged, the new guests take their whole memory, and those that run what they save now.
    safe: Math.max(0, Math.min(withKsm, withoutKsm)),
  };
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}
