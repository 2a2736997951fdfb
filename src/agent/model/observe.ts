/** From the newest point to what the tuner is told. Pure. */

import type { Observation } from '../../tuner/types.js';
import type { Point } from './derived.js';
import { medianLifetimeSec } from './lifetime.js';
import type { HistogramBucket } from './probe.js';
import type { ProcessRaw } from './raw.js';

export interface ObserveInput {
  readonly point: Point;
  /** Monotonic, milliseconds. */
  readonly nowMonoMs: number;
  readonly pageSize: number;
  readonly rivals: readonly string[];
  /** The merge-lifetime histogram of some minutes ago; empty or absent: count from the start. */
  readonly lifetimesBefore?: readonly HistogramBucket[] | undefined;
}

/**
 * Returns undefined where the host cannot be tuned at all: no KSM, or one of the three knobs or the basic counters
 * unreadable.
 */
export function observe({
  point,
  nowMonoMs,
  pageSize,
  rivals,
  lifetimesBefore,
}: ObserveInput): Observation | undefined {
  const { sample, probes } = point;
  const ksm = sample.ksm;
  if (ksm?.run === undefined || ksm.pages_to_scan === undefined || ksm.sleep_millisecs === undefined) return undefined;
  if (ksm.pages_shared === undefined || ksm.pages_sharing === undefined) return undefined;
  const memTotal = sample.meminfo?.MemTotal;
  const memAvailable = sample.meminfo?.MemAvailable;
  const offering = sample.processes.filter(offers);
  const processesKnown = !sample.sources.some((source) => source.name === 'processes' && source.state !== 'ok');
  return {
    monoMs: nowMonoMs,
    ageMs: nowMonoMs - sample.monoMs,
    pageSize,
    memTotalBytes: memTotal === undefined ? null : memTotal * 1024,
    memAvailableBytes: memAvailable === undefined ? null : memAvailable * 1024,
    knobs: {
      run: ksm.run,
      pages_to_scan: ksm.pages_to_scan,
      sleep_millisecs: ksm.sleep_millisecs,
      ...(ksm.smart_scan === undefined ? {} : { smart_scan: ksm.smart_scan }),
    },
    advisorMode: ksm.advisor_mode ?? null,
    pages_shared: ksm.pages_shared,
    pages_sharing: ksm.pages_sharing,
    pages_unshared: ksm.pages_unshared ?? 0,
    pages_volatile: ksm.pages_volatile ?? 0,
    ksm_zero_pages: ksm.ksm_zero_pages ?? null,
    pages_scanned: ksm.pages_scanned ?? null,
    pages_skipped: ksm.pages_skipped ?? null,
    full_scans: ksm.full_scans ?? 0,
    cow_ksm: sample.vmstat?.cow_ksm ?? null,
    ksmdCpuNs: sample.ksmd?.cpuNs ?? null,
    mergeableBytes: processesKnown ? mergeableBytes(offering, pageSize) : null,
    offersVisible: processesKnown && sample.seesOffers !== false,
    mergeableProcesses: processesKnown ? offering.length : null,
    entered: probes.scanner?.entered ?? null,
    cpuPressurePct: sample.psiCpu?.some?.avg10 ?? null,
    memoryPressurePct: sample.psiMemory?.some?.avg10 ?? null,
    brokenLifetimeSec: medianLifetimeSec(probes.cow?.mergeLifetime ?? [], lifetimesBefore ?? []),
    rivals,
  };
}

/** Anonymous resident memory of every process that offered some; zero pages placed by KSM are no longer resident. */
function mergeableBytes(processes: readonly ProcessRaw[], pageSize: number): number {
  let pages = 0;
  for (const process of processes) pages += (process.rssAnonPages ?? 0) + (process.ksm_zero_pages ?? 0);
  return pages * pageSize;
}

/**
 * Does the process offer memory? The kernel says so itself from 6.14; before, and for what is not yet taken back,
 * its bookkeeping does.
 */
function offers(process: ProcessRaw): boolean {
  if (process.ksm_mergeable === true || process.ksm_merge_any === true) return true;
  const booked = (process.ksm_merging_pages ?? 0) + (process.ksm_rmap_items ?? 0) + (process.ksm_zero_pages ?? 0);
  return booked > 0 || process.ksm_mergeable === undefined;
}
