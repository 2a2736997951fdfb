/** What one epoch of bpftrace counted, as sums, and how the sums of two epochs add up. Pure. */

import { constants } from 'node:os';
import { addBars, NO_BARS } from '../model/lifetime.js';
import type { LifetimeBars, ServiceBucket } from '../model/probe.js';
import type { Attribution, Breaks } from './attribution.js';
import { joinServiceBuckets, serviceBuckets } from './service.js';
import { countAt, countsByProcess, type EpochCounts, lifetimesByProcess } from './window.js';

export interface Row {
  comm?: string;
  merges: number;
  zeroMerges: number;
  cowBreaks: number;
  zeroBreaks: number;
}

export interface Sums {
  /** @ksm by its key. */
  readonly ksm: readonly number[];
  readonly merges: { readonly new: number; readonly into: number; readonly zero: number };
  readonly failures: ReadonlyMap<string, number>;
  readonly breaks: Breaks;
  /** By process; 0: those without a row of their own. */
  readonly lifetimes: ReadonlyMap<number, LifetimeBars>;
  readonly service: readonly ServiceBucket[];
  readonly rows: ReadonlyMap<number, Row>;
}

const KSM_KEYS = 6;
const NO_BREAKS: Breaks = { user: 0, kernel: 0, guest: 0, remote: 0, unmerge: 0, pin: 0, zero: 0 };

export const NOTHING: Sums = {
  ksm: Array.from({ length: KSM_KEYS }, () => 0),
  merges: { new: 0, into: 0, zero: 0 },
  failures: new Map(),
  breaks: NO_BREAKS,
  lifetimes: new Map(),
  service: [],
  rows: new Map(),
};

/** `attribution`: has been told every earlier frame of the epoch. */
export function epochSums(counts: EpochCounts, attribution: Attribution): Sums {
  const byProcess = countsByProcess(counts);
  attribution.note(byProcess);
  const merges = { new: 0, into: 0, zero: 0 };
  let breaks = NO_BREAKS;
  const rows = new Map<number, Row>();
  for (const [pid, row] of byProcess) {
    const own = attribution.breaksOf(pid, row);
    merges.new += row.mergesNew;
    merges.into += row.mergesInto;
    merges.zero += row.mergesZero;
    breaks = addBreaks(breaks, own);
    const comm = counts.comm.get(String(pid));
    rows.set(pid, {
      ...(comm !== undefined && { comm: String(comm) }),
      merges: row.mergesNew + row.mergesInto,
      zeroMerges: row.mergesZero,
      cowBreaks: brokenPages(own),
      zeroBreaks: own.zero,
    });
  }
  return {
    ksm: NOTHING.ksm.map((_, key) => countAt(counts.ksm, key)),
    merges,
    failures: new Map([...counts.fail].map(([errno, count]) => [errnoName(errno), Number(count)])),
    breaks,
    lifetimes: lifetimesByProcess(counts),
    service: serviceBuckets(counts.serviceNs),
    rows,
  };
}

export function addSums(a: Sums, b: Sums): Sums {
  return {
    ksm: a.ksm.map((value, key) => value + (b.ksm[key] ?? 0)),
    merges: {
      new: a.merges.new + b.merges.new,
      into: a.merges.into + b.merges.into,
      zero: a.merges.zero + b.merges.zero,
    },
    failures: joinMaps(a.failures, b.failures, (x, y) => x + y),
    breaks: addBreaks(a.breaks, b.breaks),
    lifetimes: joinLifetimes(a.lifetimes, b.lifetimes),
    service: joinServiceBuckets(a.service, b.service),
    rows: joinMaps(a.rows, b.rows, (x, y) => ({
      ...x,
      ...y,
      merges: x.merges + y.merges,
      zeroMerges: x.zeroMerges + y.zeroMerges,
      cowBreaks: x.cowBreaks + y.cowBreaks,
      zeroBreaks: x.zeroBreaks + y.zeroBreaks,
    })),
  };
}

export function joinLifetimes(a: Sums['lifetimes'], b: Sums['lifetimes']): Sums['lifetimes'] {
  return a.size === 0 ? b : joinMaps(a, b, addBars);
}

/** The lifetimes of the newest `most` processes; those of the others together, as process 0, so that the sum stays. */
export function keepNewest(lifetimes: Sums['lifetimes'], most: number): Sums['lifetimes'] {
  const rows = [...lifetimes].filter(([pid]) => pid !== 0);
  if (rows.length <= most) return lifetimes;
  const others = rows.slice(0, rows.length - most).reduce((sum, [, bars]) => addBars(sum, bars), NO_BARS);
  return new Map([[0, addBars(lifetimes.get(0) ?? NO_BARS, others)], ...rows.slice(rows.length - most)]);
}

/** Breaks that `cow_ksm` counts too. */
export function brokenPages({ user, kernel, guest, remote, unmerge, pin }: Breaks): number {
  return user + kernel + guest + remote + unmerge + pin;
}

function addBreaks(a: Breaks, b: Breaks): Breaks {
  return {
    user: a.user + b.user,
    kernel: a.kernel + b.kernel,
    guest: a.guest + b.guest,
    remote: a.remote + b.remote,
    unmerge: a.unmerge + b.unmerge,
    pin: a.pin + b.pin,
    zero: a.zero + b.zero,
  };
}

/** Keys of `b` come last, so that the newest rows are the ones kept. */
function joinMaps<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>, join: (x: V, y: V) => V): Map<K, V> {
  const joined = new Map(a);
  for (const [key, value] of b) {
    const known = joined.get(key);
    joined.delete(key);
    joined.set(key, known === undefined ? value : join(known, value));
  }
  return joined;
}

const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** `-14` -> EFAULT. bpftrace may print a negative int as its unsigned pattern, of 32 or 64 bits. */
function errnoName(errno: string): string {
  const number = /^-?\d+$/.test(errno) ? Math.abs(Number(BigInt.asIntN(32, BigInt(errno)))) : NaN;
  return ERRNO_NAMES.get(number) ?? `errno ${errno}`;
}
