/** From observations to intervals: what happened between two readings, or why that cannot be said. */

import type { Observation } from './types.js';

/** What of one observation is needed to take differences with the next. Cumulative counters, as the kernel counts. */
export interface Reading {
  /** Monotonic milliseconds at which the values were read. */
  readonly atMs: number;
  readonly cpuNs: number | null;
  readonly pages_scanned: number | null;
  readonly pages_skipped: number | null;
  readonly full_scans: number;
  readonly cow_ksm: number | null;
  /** `pages_sharing` + `ksm_zero_pages`. */
  readonly savedPages: number;
  readonly gauges: Gauges;
}

/** KSM's memory at one moment. Pages. */
export interface Gauges {
  /** rmap items: all pages that ksmd has visited and still knows. */
  readonly known: number;
  /** Mappings of KSM pages, `pages_shared` + `pages_sharing`: broken ones and those of ended processes until ksmd comes by. */
  readonly merged: number;
  /** KSM pages. */
  readonly shared: number;
  readonly zero: number;
  /** Offered to KSM, an upper bound; null where the host cannot say. */
  readonly offered: number | null;
  /** ksmd is scanning, and has completed two full scans. */
  readonly settled: boolean;
}

export interface Interval {
  readonly seconds: number;
  /** CPU seconds of ksmd; null where the host cannot say. */
  readonly cpuSec: number | null;
  /** Pages checked; inferred from the CPU share or the knobs where the kernel has no counter (before 6.6). */
  readonly scanned: number;
  /** Pages passed over by `smart_scan`. */
  readonly skipped: number;
  readonly fullScans: number;
  /** COW breaks; null before 5.19. */
  readonly breaks: number | null;
  /** Change of the saved pages; signed. */
  readonly savedDelta: number;
  /** At its two ends. */
  readonly from?: Gauges;
  readonly to?: Gauges;
}

export type Lapse =
  | { readonly kind: 'interval'; readonly interval: Interval }
  /** No earlier reading to compare with. */
  | { readonly kind: 'first' }
  /** The same reading again: nothing new is known. */
  | { readonly kind: 'same' }
  /** Clock or counter went backwards, or the gap is too long: no rate may be taken across it. */
  | { readonly kind: 'broken' };

/** Milliseconds. Longer than any sensible sample interval: the host slept or the agent was stopped. */
const MAX_GAP_MS = 120_000;

/** Counters above this lose whole numbers in a double, and no host counts that far: not a reading. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_COUNT;
}

function countOrNull(value: number | null): number | null {
  return isCount(value) ? value : null;
}

/** Null when a counter that every KSM kernel has is missing or not a number: then nothing can be decided. */
export function takeReading(observation: Observation): Reading | null {
  const o = observation;
  const gauges = [o.pages_shared, o.pages_sharing, o.pages_unshared, o.pages_volatile, o.full_scans];
  if (!gauges.every(isCount) || !isCount(o.monoMs) || !isCount(o.pageSize) || o.pageSize === 0) return null;
  const ageMs = Number.isFinite(o.ageMs) ? Math.max(0, o.ageMs) : 0;
  return {
    atMs: o.monoMs - ageMs,
    cpuNs: countOrNull(o.ksmdCpuNs),
    pages_scanned: countOrNull(o.pages_scanned),
    pages_skipped: countOrNull(o.pages_skipped),
    full_scans: o.full_scans,
    cow_ksm: countOrNull(o.cow_ksm),
    savedPages: o.pages_sharing + (countOrNull(o.ksm_zero_pages) ?? 0),
    gauges: gaugesOf(o),
  };
}

function gaugesOf(o: Observation): Gauges {
  return {
    known: knownPages(o),
    merged: o.pages_shared + o.pages_sharing,
    shared: o.pages_shared,
    zero: countOrNull(o.ksm_zero_pages) ?? 0,
    offered: offeredPages(o),
    settled: o.knobs.run === 1 && o.full_scans >= 2,
  };
}

/** rmap items: all pages that ksmd has visited and still knows. */
export function knownPages(observation: Observation): number {
  const { pages_shared, pages_sharing, pages_unshared, pages_volatile } = observation;
  return pages_shared + pages_sharing + pages_unshared + pages_volatile;
}

/** Pages offered to KSM, an upper bound; null where the host cannot say. */
export function offeredPages(observation: Observation): number | null {
  const bytes = observation.mergeableBytes;
  return isCount(bytes) ? Math.floor(bytes / observation.pageSize) : null;
}

/** `inferScanned` serves kernels without `pages_scanned`: pages from seconds and CPU seconds. */
export function lapse(
  previous: Reading | null,
  next: Reading,
  inferScanned: (seconds: number, cpuSec: number | null) => number,
): Lapse {
  if (previous === null) return { kind: 'first' };
  const ms = next.atMs - previous.atMs;
  if (ms === 0) return { kind: 'same' };
  if (!(ms > 0 && ms <= MAX_GAP_MS)) return { kind: 'broken' };
  const seconds = ms / 1000;
  const cpuNs = difference(previous.cpuNs, next.cpuNs);
  const scanned = difference(previous.pages_scanned, next.pages_scanned);
  const skipped = difference(previous.pages_skipped, next.pages_skipped);
  const breaks = difference(previous.cow_ksm, next.cow_ksm);
  const fullScans = next.full_scans - previous.full_scans;
  if (cpuNs === 'back' || scanned === 'back' || skipped === 'back' || breaks === 'back' || fullScans < 0) {
    return { kind: 'broken' };
  }
  const cpuSec = cpuNs === null ? null : cpuNs / 1e9;
  return {
    kind: 'interval',
    interval: {
      seconds,
      cpuSec,
      scanned: scanned ?? inferScanned(seconds, cpuSec),
      skipped: skipped ?? 0,
      fullScans,
      breaks,
      savedDelta: next.savedPages - previous.savedPages,
      from: previous.gauges,
      to: next.gauges,
    },
  };
}

function difference(before: number | null, after: number | null): number | null | 'back' {
  if (before === null || after === null) return null;
  return after >= before ? after - before : 'back';
}
