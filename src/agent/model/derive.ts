/** From two neighbouring instants to rates, bytes and totals. Pure. */

import type { Derived, MemoryByState, ProcessRow } from './derived.js';
import type { CowTotals, ProbeSnapshot, ScannerTotals } from './probe.js';
import type { KsmSysfs, Meminfo, Sample } from './raw.js';
import { savedPages, usableBytes } from '../risk.js';

/** Bytes of one rmap item (struct ksm_rmap_item, mm/ksm.c), for kernels without `general_profit`. */
export const RMAP_ITEM_BYTES = 64;

const GIB = 2 ** 30;

/** Counters as they were when the agent started: what totals count from. */
export interface Origin {
  readonly cow_ksm: number | undefined;
}

export interface DeriveInput {
  readonly sample: Sample;
  readonly probes: ProbeSnapshot;
  readonly previous: { readonly sample: Sample; readonly derived: Derived } | undefined;
  readonly origin: Origin;
  readonly pageSize: number;
  readonly gibPerCore: number;
  readonly processes: readonly ProcessRow[];
}

export function derive(input: DeriveInput): Derived {
  const { sample, probes, previous, pageSize } = input;
  const ksm = sample.ksm;
  const before = previous?.sample;
  const elapsedSec = before === undefined ? 0 : (sample.monoMs - before.monoMs) / 1000;
  const rate = (now: number | null | undefined, then: number | null | undefined): number | null =>
    ratePerSec(now, then, elapsedSec);

  const savedBytes = savedBytesOf(ksm, pageSize);
  const ksmdCpuPct = scale(rate(sample.ksmd?.cpuNs, sameThread(sample, before)), 1e-7);
  const mergesTotal = mergesOf(probes.scanner);
  const cow = cowTotals(sample, probes, input.origin);
  return {
    seq: sample.seq,
    timeMs: sample.timeMs,
    savedBytes,
    profitBytes: profitBytesOf(ksm, savedBytes),
    memory: memoryByState(ksm, pageSize),
    ksmdCpuPct,
    scanPagesPerSec: rate(ksm?.pages_scanned, before?.ksm?.pages_scanned),
    skippedPagesPerSec: rate(ksm?.pages_skipped, before?.ksm?.pages_skipped),
    mergesPerSec: rate(mergesTotal, previous?.derived.mergesTotal),
    cowBreaksPerSec: rate(cow.total, previous?.derived.cowBreaksTotal),
    mergesTotal,
    cowBreaksTotal: cow.total,
    cowBreaksAttributedTotal: cow.attributed,
    cowBreaksUnattributedTotal: cow.unattributed,
    cowBreaksEstimatedTotal: probes.cow?.estimated ?? null,
    zeroBreaksTotal: probes.cow?.zero ?? null,
    fullScansTotal: probes.scanner?.fullScans ?? null,
    netCores: netCores(savedBytes, ksmdCpuPct, input.gibPerCore),
    memAvailableBytes: scale(sample.meminfo?.MemAvailable ?? null, 1024),
    cpuPressurePct: sample.psiCpu?.some?.avg10 ?? null,
    memoryPressurePct: sample.psiMemory?.some?.avg10 ?? null,
    unmergeNeededBytes: scale(ksm === undefined ? null : (savedPages(ksm) ?? null), pageSize),
    unmergeUsableBytes: usableBytesOf(sample.meminfo),
    offeredBytes: offeredBytes(input.processes),
    processes: input.processes,
  };
}

/**
 * Change per second. null without both readings, without time between them, and when the counter went back (a reboot
 * in between, `run=2`, a restarted thread).
 */
export function ratePerSec(
  now: number | null | undefined,
  then: number | null | undefined,
  elapsedSec: number,
): number | null {
  if (now === null || now === undefined || then === null || then === undefined) return null;
  if (!(elapsedSec > 0) || now < then) return null;
  return (now - then) / elapsedSec;
}

/** (pages_sharing + ksm_zero_pages) x page size; null where the kernel does not count sharing. */
export function savedBytesOf(ksm: KsmSysfs | undefined, pageSize: number): number | null {
  if (ksm?.pages_sharing === undefined) return null;
  return (ksm.pages_sharing + (ksm.ksm_zero_pages ?? 0)) * pageSize;
}

/**
 * The kernel's `general_profit`, or on kernels before 6.4 the same sum: every rmap item is in exactly one of shared,
 * sharing, unshared and volatile (pages_volatile_show, mm/ksm.c).
 */
function profitBytesOf(ksm: KsmSysfs | undefined, savedBytes: number | null): number | null {
  if (ksm?.general_profit !== undefined) return ksm.general_profit;
  if (ksm === undefined || savedBytes === null) return null;
  const { pages_shared, pages_sharing, pages_unshared, pages_volatile } = ksm;
  if (pages_shared === undefined || pages_sharing === undefined) return null;
  if (pages_unshared === undefined || pages_volatile === undefined) return null;
  return savedBytes - (pages_shared + pages_sharing + pages_unshared + pages_volatile) * RMAP_ITEM_BYTES;
}

function memoryByState(ksm: KsmSysfs | undefined, pageSize: number): MemoryByState | null {
  if (ksm?.pages_shared === undefined || ksm.pages_sharing === undefined) return null;
  return {
    sharedBytes: ksm.pages_shared * pageSize,
    sharingBytes: ksm.pages_sharing * pageSize,
    unsharedBytes: (ksm.pages_unshared ?? 0) * pageSize,
    volatileBytes: (ksm.pages_volatile ?? 0) * pageSize,
    zeroBytes: scale(ksm.ksm_zero_pages ?? null, pageSize),
  };
}

/** As `ksmpilot unmerge` and `guest merge off` reckon. */
function usableBytesOf(meminfo: Meminfo | undefined): number | null {
  const { MemTotal: total, MemAvailable: available } = meminfo ?? {};
  return total === undefined || available === undefined ? null : usableBytes(available * 1024, total * 1024);
}

/** The earlier reading of ksmd's CPU, if it is of the same thread. */
function sameThread(now: Sample, before: Sample | undefined): number | undefined {
  return before?.ksmd !== undefined && before.ksmd.pid === now.ksmd?.pid ? before.ksmd.cpuNs : undefined;
}

function mergesOf(scanner: ScannerTotals | undefined): number | null {
  return scanner === undefined ? null : scanner.mergesNew + scanner.mergesInto + scanner.mergesZero;
}

interface CowSplit {
  readonly total: number | null;
  readonly attributed: number | null;
  readonly unattributed: number | null;
}

/**
 * Splits the change of `cow_ksm` since the start into breaks that were counted, breaks that were estimated and the rest.
 * While the cow program runs, its own reading is used, which was taken together with the counts, so that the parts add
 * up; when it does not, the newer of the two readings counts.
 */
function cowTotals(sample: Sample, probes: ProbeSnapshot, origin: Origin): CowSplit {
  const attributed = probes.cow?.attributed ?? null;
  const now = cowKsmNow(probes.cow, isRunning(probes, 'cow'), sample.vmstat?.cow_ksm);
  if (now === undefined || origin.cow_ksm === undefined || now < origin.cow_ksm) {
    return { total: null, attributed, unattributed: null };
  }
  const total = now - origin.cow_ksm;
  const charged = attributed === null ? null : attributed + (probes.cow?.estimated ?? 0);
  return { total, attributed, unattributed: charged === null ? null : Math.max(0, total - charged) };
}

function cowKsmNow(cow: CowTotals | undefined, running: boolean, vmstat: number | undefined): number | undefined {
  if (cow?.cow_ksm === undefined) return vmstat;
  return running || vmstat === undefined ? cow.cow_ksm : Math.max(cow.cow_ksm, vmstat);
}

function isRunning(probes: ProbeSnapshot, name: string): boolean {
  return probes.states.some((probe) => probe.name === name && probe.state === 'running');
}

/** Cores' worth of the saving at the operator's price, less the cores that ksmd uses. */
export function netCores(savedBytes: number | null, ksmdCpuPct: number | null, gibPerCore: number): number | null {
  if (savedBytes === null || ksmdCpuPct === null) return null;
  return savedBytes / GIB / gibPerCore - ksmdCpuPct / 100;
}

function scale(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

/** null: no process is known that offers memory, or none tells. */
function offeredBytes(rows: readonly ProcessRow[]): number | null {
  let sum: number | null = null;
  for (const { ended, anonBytes } of rows) if (!ended && anonBytes !== null) sum = (sum ?? 0) + anonBytes;
  return sum;
}
