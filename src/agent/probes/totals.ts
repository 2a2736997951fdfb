/**
 * Totals since the agent's start. Each run of bpftrace is an epoch that counts from zero; its newest frame is added to
 * what the epochs before it left. Events between two epochs are nobody's: they stay in the unattributed rest.
 */

import { constants } from 'node:os';
import type { CowTotals, FullScan, HistogramBucket, ProcessProbeTotals, ScannerTotals } from '../model/probe.js';
import { Attribution } from './attribution.js';
import type { HistEntry } from './line.js';
import { countAt, countsByProcess, type EpochCounts } from './window.js';

interface Row {
  comm?: string;
  merges: number;
  zeroMerges: number;
  cowBreaks: number;
  zeroBreaks: number;
}

interface Sums {
  /** @ksm by its key. */
  readonly ksm: readonly number[];
  readonly merges: { readonly new: number; readonly into: number; readonly zero: number };
  readonly failures: ReadonlyMap<string, number>;
  readonly breaks: { readonly user: number; readonly kernel: number; readonly guest: number; readonly zero: number };
  readonly lifetime: ReadonlyMap<number, HistogramBucket>;
  readonly rows: ReadonlyMap<number, Row>;
}

const KSM_KEYS = 6;

const NOTHING: Sums = {
  ksm: Array.from({ length: KSM_KEYS }, () => 0),
  merges: { new: 0, into: 0, zero: 0 },
  failures: new Map(),
  breaks: { user: 0, kernel: 0, guest: 0, zero: 0 },
  lifetime: new Map(),
  rows: new Map(),
};

export class ProbeTotals {
  readonly #maxProcesses: number;
  /** Of the epochs that ended. */
  #past: Sums = NOTHING;
  #epoch: Sums = NOTHING;
  #attribution = new Attribution();
  #oneIn = 1;
  #lastScan: FullScan | undefined;
  #scanner: ScannerTotals | undefined;
  #cow: CowTotals | undefined;
  #processes: readonly ProcessProbeTotals[] | undefined;

  /** `maxProcesses`: how many processes of past epochs keep their row; the sums keep all. */
  constructor(maxProcesses: number) {
    this.#maxProcesses = maxProcesses;
  }

  /** Another rate of lifetime sampling makes the histogram's counts incomparable, so it begins anew. */
  beginEpoch(oneIn: number): void {
    const joined = add(this.#past, this.#epoch);
    const rows = new Map([...joined.rows].slice(-this.#maxProcesses));
    this.#past = { ...joined, rows, lifetime: oneIn === this.#oneIn ? joined.lifetime : new Map() };
    this.#epoch = NOTHING;
    this.#attribution = new Attribution();
    this.#oneIn = oneIn;
  }

  fullScan(scan: FullScan): void {
    this.#lastScan = scan;
  }

  publishScanner(counts: EpochCounts): void {
    this.#update(counts);
    const { ksm, merges, failures } = add(this.#past, this.#epoch);
    const at = (key: number): number => ksm[key] ?? 0;
    this.#scanner = {
      fullScans: at(0),
      unlistedScans: at(1),
      mergesNew: merges.new,
      mergesInto: merges.into,
      mergesZero: merges.zero,
      failures: Object.fromEntries(failures),
      removedRmapItems: at(2),
      removedKsmPages: at(3),
      entered: at(4),
      exited: at(5),
      ...(this.#lastScan !== undefined && { lastScan: this.#lastScan }),
    };
  }

  /** `cow_ksm`: /proc/vmstat's, read after the frame that `counts` ends with. */
  publishCow(counts: EpochCounts, cow_ksm: number | undefined): void {
    this.#update(counts);
    const { breaks, lifetime } = add(this.#past, this.#epoch);
    this.#cow = {
      attributed: breaks.user + breaks.kernel + breaks.guest,
      byUser: breaks.user,
      byKernel: breaks.kernel,
      byGuest: breaks.guest,
      zero: breaks.zero,
      ...(cow_ksm !== undefined && { cow_ksm }),
      mergeLifetime: [...lifetime.values()].sort((a, b) => a.lowerMs - b.lowerMs),
      lifetimeSampledOneIn: this.#oneIn,
    };
  }

  get scanner(): ScannerTotals | undefined {
    return this.#scanner;
  }

  get cow(): CowTotals | undefined {
    return this.#cow;
  }

  get processes(): readonly ProcessProbeTotals[] {
    this.#processes ??= [...add(this.#past, this.#epoch).rows].map(([pid, row]) => ({ pid, ...row }));
    return this.#processes;
  }

  #update(counts: EpochCounts): void {
    this.#processes = undefined;
    this.#epoch = epochSums(counts, this.#attribution);
  }
}

function epochSums(counts: EpochCounts, attribution: Attribution): Sums {
  const byProcess = countsByProcess(counts);
  attribution.note(byProcess);
  const merges = { new: 0, into: 0, zero: 0 };
  const breaks = { user: 0, kernel: 0, guest: 0, zero: 0 };
  const rows = new Map<number, Row>();
  for (const [pid, row] of byProcess) {
    const own = attribution.breaksOf(pid, row);
    merges.new += row.mergesNew;
    merges.into += row.mergesInto;
    merges.zero += row.mergesZero;
    breaks.user += own.user;
    breaks.kernel += own.kernel;
    breaks.guest += own.guest;
    breaks.zero += own.zero;
    const comm = counts.comm.get(String(pid));
    rows.set(pid, {
      ...(comm !== undefined && { comm: String(comm) }),
      merges: row.mergesNew + row.mergesInto,
      zeroMerges: row.mergesZero,
      cowBreaks: own.user + own.kernel + own.guest,
      zeroBreaks: own.zero,
    });
  }
  return {
    ksm: NOTHING.ksm.map((_, key) => countAt(counts.ksm, key)),
    merges,
    failures: new Map([...counts.fail].map(([errno, count]) => [errnoName(errno), Number(count)])),
    breaks,
    lifetime: new Map(counts.lifetime.flatMap(bucketOf).map((bucket) => [bucket.lowerMs, bucket])),
    rows,
  };
}

function add(a: Sums, b: Sums): Sums {
  return {
    ksm: a.ksm.map((value, key) => value + (b.ksm[key] ?? 0)),
    merges: {
      new: a.merges.new + b.merges.new,
      into: a.merges.into + b.merges.into,
      zero: a.merges.zero + b.merges.zero,
    },
    failures: joinMaps(a.failures, b.failures, (x, y) => x + y),
    breaks: {
      user: a.breaks.user + b.breaks.user,
      kernel: a.breaks.kernel + b.breaks.kernel,
      guest: a.breaks.guest + b.breaks.guest,
      zero: a.breaks.zero + b.breaks.zero,
    },
    lifetime: joinMaps(a.lifetime, b.lifetime, (x, y) => ({ ...x, count: x.count + y.count })),
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

/** bpftrace's bars include both ends and are whole milliseconds; ours exclude the upper end. Empty bars say nothing. */
function bucketOf({ min, max, count }: HistEntry): HistogramBucket[] {
  if (count === 0 || (max !== undefined && max < 0)) return [];
  return [{ lowerMs: min ?? 0, upperMs: max === undefined ? null : max + 1, count }];
}

const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** `-14` -> EFAULT. bpftrace may print a negative int as its unsigned pattern, of 32 or 64 bits. */
function errnoName(errno: string): string {
  const number = /^-?\d+$/.test(errno) ? Math.abs(Number(BigInt.asIntN(32, BigInt(errno)))) : NaN;
  return ERRNO_NAMES.get(number) ?? `errno ${errno}`;
}
