/** Model -> protobuf messages: how COW breaks are counted, by whom they were, how long they took. Pure. */

import type { CowBreaks } from '../../../proto/generated/ksmpilot/v1/CowBreaks.js';
import type { DutyCycle as ProtoDutyCycle } from '../../../proto/generated/ksmpilot/v1/DutyCycle.js';
import type { HistogramBucket as ProtoHistogramBucket } from '../../../proto/generated/ksmpilot/v1/HistogramBucket.js';
import type { ServiceTime as ProtoServiceTime } from '../../../proto/generated/ksmpilot/v1/ServiceTime.js';
import type { CowTotals, DutyCycle, HistogramBucket, ServiceTime } from '../model/probe.js';
import { boundOf } from '../model/quantile.js';
import { toCount, toFigure } from './encode-number.js';

export function encodeCow(cow: CowTotals): CowBreaks {
  return {
    tier: cow.tier,
    by_user: toCount(cow.byUser),
    by_kernel: toCount(cow.byKernel),
    by_guest: toCount(cow.byGuest),
    by_remote: toCount(cow.byRemote),
    by_unmerge: toCount(cow.byUnmerge),
    by_pin: toCount(cow.byPin),
    duty: cow.duty === undefined ? null : encodeDuty(cow.duty),
    service_time: cow.serviceTime === undefined ? null : encodeServiceTime(cow.serviceTime),
  };
}

function encodeDuty({ open, windows, coverage, costCores, nextInSec }: DutyCycle): ProtoDutyCycle {
  return {
    open,
    windows: toCount(windows),
    coverage: toFigure(coverage),
    cost_cores: toFigure(costCores),
    next_in_sec: toFigure(nextInSec),
  };
}

function encodeServiceTime({ by, buckets }: ServiceTime): ProtoServiceTime {
  const bars = buckets.map(({ upperNs, count }) => ({ upper: upperNs, count }));
  return {
    by,
    buckets: buckets.map(({ lowerNs, upperNs, count }) => ({
      lower_ns: lowerNs,
      upper_ns: toFigure(upperNs),
      count: toCount(count),
    })),
    p50_ns: boundOf(bars, 0.5),
    p99_ns: boundOf(bars, 0.99),
  };
}

export function encodeLifetimes(buckets: readonly HistogramBucket[]): ProtoHistogramBucket[] {
  return buckets.map(({ lowerMs, upperMs, count }) => ({ lower_ms: lowerMs, upper_ms: toFigure(upperMs), count }));
}

/** Half of the merges that ended had ended by this age, milliseconds. */
export function lifetimeBoundMs(buckets: readonly HistogramBucket[]): number | undefined {
  return boundOf(
    buckets.map(({ upperMs, count }) => ({ upper: upperMs, count })),
    0.5,
  );
}
