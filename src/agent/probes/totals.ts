/**
 * Totals since the agent's start. Each run of bpftrace is an epoch that counts from zero; its newest frame is added to
 * what the epochs before it left. Events between two epochs are nobody's: they stay in the unattributed rest.
 */

import { addBars, bucketsOf, NO_BARS } from '../model/lifetime.js';
import type {
  CowTier,
  CowTotals,
  FullScan,
  LifetimeBars,
  ProcessProbeTotals,
  ScannerTotals,
  ServiceTime,
} from '../model/probe.js';
import { Attribution } from './attribution.js';
import { serviceTime } from './service.js';
import { NOTHING, type Sums, addSums, brokenPages, epochSums, joinLifetimes, keepNewest } from './sums.js';
import type { EpochCounts } from './window.js';

/** What times breaks on which tier; see ServiceTime. */
const TIMED_BY: Readonly<Record<CowTier, ServiceTime['by']>> = {
  fentry: 'fentry',
  kprobe: 'kretprobe',
  tracepoint: 'minor-fault',
};

/** So many processes of past epochs keep their lifetimes, 36 numbers each. */
const LIFETIMES_MAX = 4_096;

export class ProbeTotals {
  readonly #maxProcesses: number;
  /** Of the epochs that ended. */
  #past: Sums = NOTHING;
  #epoch: Sums = NOTHING;
  #attribution = new Attribution();
  #oneIn = 1;
  #series = 0;
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
    const joined = addSums(this.#past, this.#epoch);
    const rows = new Map([...joined.rows].slice(-this.#maxProcesses));
    const goesOn = oneIn === this.#oneIn;
    if (!goesOn) this.#series += 1;
    this.#past = {
      ...joined,
      rows,
      lifetimes: goesOn ? keepNewest(joined.lifetimes, Math.min(LIFETIMES_MAX, this.#maxProcesses)) : new Map(),
    };
    this.#epoch = NOTHING;
    this.#attribution = new Attribution();
    this.#oneIn = oneIn;
  }

  fullScan(scan: FullScan): void {
    this.#lastScan = scan;
  }

  publishScanner(counts: EpochCounts): void {
    this.#update(counts);
    const { ksm, merges, failures } = addSums(this.#past, this.#epoch);
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

  /** `cow_ksm`: /proc/vmstat's, read after the frame that `counts` ends with. `tier`: of the program that counted. */
  publishCow(counts: EpochCounts, cow_ksm: number | undefined, tier: CowTier): void {
    this.#update(counts);
    const { breaks, lifetimes, service } = addSums(this.#past, this.#epoch);
    const { user, kernel, guest, remote, unmerge, pin, zero } = breaks;
    const timed = serviceTime(TIMED_BY[tier], service);
    this.#cow = {
      tier,
      attributed: brokenPages(breaks),
      byUser: user,
      byKernel: kernel,
      byGuest: guest,
      ...(tier !== 'tracepoint' && { byRemote: remote, byUnmerge: unmerge, byPin: pin }),
      ...(timed !== undefined && { serviceTime: timed }),
      zero,
      ...(cow_ksm !== undefined && { cow_ksm }),
      mergeLifetime: bucketsOf([...lifetimes.values()].reduce(addBars, NO_BARS)),
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
    this.#processes ??= [...addSums(this.#past, this.#epoch).rows].map(([pid, row]) => ({ pid, ...row }));
    return this.#processes;
  }

  /** See ProcessLifetimes; `series`: how often counts began anew. */
  get lifetimes(): { readonly series: number; readonly byPid: ReadonlyMap<number, LifetimeBars> } {
    return { series: this.#series, byPid: joinLifetimes(this.#past.lifetimes, this.#epoch.lifetimes) };
  }

  /** COW breaks of this epoch alone, by pid. */
  get epochBreaks(): ReadonlyMap<number, number> {
    return new Map([...this.#epoch.rows].map(([pid, { cowBreaks }]) => [pid, cowBreaks]));
  }

  #update(counts: EpochCounts): void {
    this.#processes = undefined;
    this.#epoch = epochSums(counts, this.#attribution);
  }
}
