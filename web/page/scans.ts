/** Full scans as rows over time, and what they say together. Pure. */

import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { Row } from './series.js';

export const SCAN_COLUMNS = ['duration_ms', 'cpu_ms', 'rmap_items', 'merges', 'failures', 'removals'] as const;

export type ScanColumn = (typeof SCAN_COLUMNS)[number];

/** Undefined where the event is none of a full scan. */
export function scanRow({ full_scan: scan }: EventFrame__Output): Row<ScanColumn> | undefined {
  if (scan === null) return undefined;
  return {
    duration_ms: scan.duration_us / 1_000,
    cpu_ms: scan.cpu_us / 1_000,
    rmap_items: scan.rmap_items,
    merges: scan.merges_new + scan.merges_into + scan.merges_zero,
    failures: scan.failures,
    removals: scan.removals,
  };
}

export interface ScanSummary {
  readonly scans: number;
  /** Half of them took no longer, milliseconds. */
  readonly medianMs: number;
  readonly longestMs: number;
  readonly cpuMs: number;
  readonly merges: number;
  readonly failures: number;
  readonly removals: number;
}

/** Over rows of SCAN_COLUMNS, column by column; gaps are left out. Undefined where there is no scan. */
export function summaryOf(values: readonly (readonly (number | null)[])[]): ScanSummary | undefined {
  const known = values.map((column) => column.filter((value): value is number => value !== null));
  const [durations = [], cpu = [], , merges = [], failures = [], removals = []] = known;
  const sorted = [...durations].sort((a, b) => a - b);
  const longest = sorted.at(-1);
  if (longest === undefined) return undefined;
  return {
    scans: sorted.length,
    medianMs: sorted[(sorted.length - 1) >> 1] ?? longest,
    longestMs: longest,
    cpuMs: sum(cpu),
    merges: sum(merges),
    failures: sum(failures),
    removals: sum(removals),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Pages a second that the knobs allow at most, were a batch done in no time; null where ksmd is stopped or does not sleep. */
export function plannedRate([run, pages, sleepMs]: readonly (number | null)[]): number | null {
  if (pages === null || pages === undefined || sleepMs === null || sleepMs === undefined) return null;
  if (run === 0) return 0;
  return sleepMs === 0 ? null : (pages * 1_000) / sleepMs;
}

/** Microseconds of ksmd's CPU for each of something that happens so often a second; null where it hardly does. */
export function cpuPer([cpuPct, perSecond]: readonly (number | null)[]): number | null {
  if (cpuPct === null || cpuPct === undefined || perSecond === null || perSecond === undefined) return null;
  // Below one a second the quotient says more about the interval than about the cost.
  return perSecond < 1 ? null : (cpuPct * 10_000) / perSecond;
}
