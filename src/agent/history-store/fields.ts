/** What is kept of a sample and of a guest, under the names of the .proto. Pure. */

import type { Point } from '../model/derived.js';
import type { GuestRow } from '../model/guest.js';
import type { Field } from './layout.js';

interface HostField extends Field {
  readonly of: (point: Point) => number | null | undefined;
}

interface GuestField extends Field {
  readonly of: (guest: GuestRow) => number | null;
}

const bytes = { kind: 'gauge', per: 1 } as const;
const figure = { kind: 'gauge', per: 1000 } as const;
const cores = { kind: 'gauge', per: 1_000_000 } as const;
const total = { kind: 'total', per: 1 } as const;
/** A thousand guests take most of the room, and a chart of one shows no byte: KiB. */
const kib = { kind: 'gauge', per: 1 / 1024 } as const;
const rate = { kind: 'gauge', per: 100 } as const;

const HOST: readonly HostField[] = [
  { name: 'saved_bytes', ...bytes, of: ({ derived }) => derived.savedBytes },
  { name: 'profit_bytes', ...bytes, of: ({ derived }) => derived.profitBytes },
  { name: 'shared_bytes', ...bytes, of: ({ derived }) => derived.memory?.sharedBytes },
  { name: 'sharing_bytes', ...bytes, of: ({ derived }) => derived.memory?.sharingBytes },
  { name: 'unshared_bytes', ...bytes, of: ({ derived }) => derived.memory?.unsharedBytes },
  { name: 'volatile_bytes', ...bytes, of: ({ derived }) => derived.memory?.volatileBytes },
  { name: 'zero_bytes', ...bytes, of: ({ derived }) => derived.memory?.zeroBytes },
  { name: 'ksmd_cpu_pct', ...figure, of: ({ derived }) => derived.ksmdCpuPct },
  { name: 'scan_pages_per_sec', ...figure, of: ({ derived }) => derived.scanPagesPerSec },
  { name: 'skipped_pages_per_sec', ...figure, of: ({ derived }) => derived.skippedPagesPerSec },
  { name: 'merges_per_sec', ...figure, of: ({ derived }) => derived.mergesPerSec },
  { name: 'cow_breaks_per_sec', ...figure, of: ({ derived }) => derived.cowBreaksPerSec },
  { name: 'merges_total', ...total, of: ({ derived }) => derived.mergesTotal },
  { name: 'cow_breaks_total', ...total, of: ({ derived }) => derived.cowBreaksTotal },
  { name: 'cow_breaks_attributed_total', ...total, of: ({ derived }) => derived.cowBreaksAttributedTotal },
  { name: 'cow_breaks_unattributed_total', ...total, of: ({ derived }) => derived.cowBreaksUnattributedTotal },
  { name: 'cow_breaks_estimated_total', ...total, of: ({ derived }) => derived.cowBreaksEstimatedTotal },
  { name: 'zero_breaks_total', ...total, of: ({ derived }) => derived.zeroBreaksTotal },
  { name: 'full_scans_total', ...total, of: ({ derived }) => derived.fullScansTotal },
  { name: 'net_cores', ...cores, of: ({ derived }) => derived.netCores },
  { name: 'mem_available_bytes', ...bytes, of: ({ derived }) => derived.memAvailableBytes },
  { name: 'cpu_pressure_pct', ...figure, of: ({ derived }) => derived.cpuPressurePct },
  { name: 'memory_pressure_pct', ...figure, of: ({ derived }) => derived.memoryPressurePct },
  { name: 'lost_events_total', ...total, of: ({ probes }) => probes.lostEvents },
  { name: 'unmerge_needed_bytes', ...bytes, of: ({ derived }) => derived.unmergeNeededBytes },
  { name: 'unmerge_usable_bytes', ...bytes, of: ({ derived }) => derived.unmergeUsableBytes },
  { name: 'knobs.run', ...figure, of: ({ sample }) => sample.ksm?.run },
  { name: 'knobs.pages_to_scan', ...figure, of: ({ sample }) => sample.ksm?.pages_to_scan },
  { name: 'knobs.sleep_millisecs', ...figure, of: ({ sample }) => sample.ksm?.sleep_millisecs },
  { name: 'knobs.smart_scan', ...figure, of: ({ sample }) => sample.ksm?.smart_scan },
];

const GUEST: readonly GuestField[] = [
  { name: 'mergeable_bytes', ...kib, of: ({ mergeableBytes }) => mergeableBytes },
  { name: 'saved_bytes', ...kib, of: ({ savedBytes }) => savedBytes },
  { name: 'zero_bytes', ...kib, of: ({ zeroBytes }) => zeroBytes },
  { name: 'rmap_item_bytes', ...kib, of: ({ rmapItemBytes }) => rmapItemBytes },
  { name: 'merges_total', ...total, of: ({ mergesTotal }) => mergesTotal },
  { name: 'cow_breaks_total', ...total, of: ({ cowBreaksTotal }) => cowBreaksTotal },
  { name: 'ksmd_cores', ...cores, of: ({ ksmdCores }) => ksmdCores },
  { name: 'worth_per_hour', ...cores, of: ({ worthCores }) => worthCores },
  { name: 'merges_per_sec', ...rate, of: ({ mergesPerSec }) => mergesPerSec },
  { name: 'cow_breaks_per_sec', ...rate, of: ({ cowBreaksPerSec }) => cowBreaksPerSec },
];

export const HOST_FIELDS: readonly Field[] = HOST.map(({ name, kind, per }) => ({ name, kind, per }));
export const GUEST_FIELDS: readonly Field[] = GUEST.map(({ name, kind, per }) => ({ name, kind, per }));

/** In the order of {@link HOST_FIELDS}; NaN: not known. */
export function hostFigures(point: Point): Float64Array {
  return Float64Array.from(HOST, ({ of }) => of(point) ?? Number.NaN);
}

/**
 * Guests worth a line: those that KSM has, or had, anything of. A machine that never offered memory has no history. Of two
 * runs of one guest at the same time, one ends as the other starts, the one with more counts.
 */
export function keptGuests(guests: readonly GuestRow[]): readonly GuestRow[] {
  const kept = new Map<string, GuestRow>();
  for (const guest of guests) {
    const { kind, identity, mergeableBytes, savedBytes, mergesTotal } = guest;
    if (kind === 'unknown' || ![mergeableBytes, savedBytes, mergesTotal].some((one) => (one ?? 0) > 0)) continue;
    const other = kept.get(identity);
    if (other === undefined || (mergeableBytes ?? 0) > (other.mergeableBytes ?? 0)) kept.set(identity, guest);
  }
  return [...kept.values()];
}

/** Guest after guest, each in the order of {@link GUEST_FIELDS}. */
export function guestFigures(guests: readonly GuestRow[]): Float64Array {
  const figures = new Float64Array(guests.length * GUEST.length);
  let at = 0;
  for (const guest of guests) {
    for (const { of } of GUEST) figures[at++] = of(guest) ?? Number.NaN;
  }
  return figures;
}
