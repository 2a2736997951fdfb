/** Metrics of the host's memory: what KSM saves, where mergeable memory stands, what there is besides. Pure. */

import { dividedBy, single, times, type Family, type Value } from '../family.js';
import { sampleOf, type AgentReading } from '../reading.js';

export const MEMORY_FAMILIES: readonly Family[] = [
  single(
    'gauge',
    'ksmpilot_saved_bytes',
    'Memory that KSM saves: (pages_sharing + ksm_zero_pages) x page size of /sys/kernel/mm/ksm.',
    (reading) => sampleOf(reading)?.saved_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_profit_bytes',
    "Saved memory less that of ksmd's own records (general_profit); negative where KSM costs more memory than it saves.",
    (reading) => sampleOf(reading)?.profit_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_shared_bytes',
    'KSM pages in use: pages_shared x page size.',
    (reading) => sampleOf(reading)?.shared_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_sharing_bytes',
    'Additional mappings of KSM pages: pages_sharing x page size.',
    (reading) => sampleOf(reading)?.sharing_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_unshared_bytes',
    'Scanned pages that equal no other: pages_unshared x page size.',
    (reading) => sampleOf(reading)?.unshared_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_volatile_bytes',
    'Pages that change too often to be merged: pages_volatile x page size; with smart_scan mostly skipped ones.',
    (reading) => sampleOf(reading)?.volatile_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_zero_bytes',
    'Pages that KSM mapped to the zero page, part of the saved memory: ksm_zero_pages x page size.',
    (reading) => sampleOf(reading)?.zero_bytes,
  ),
  single('gauge', 'ksmpilot_mergeable_bytes', 'Resident memory that all guests offer to KSM.', mergeable),
  single(
    'gauge',
    'ksmpilot_unmerge_needed_bytes',
    'Memory that the host would have to hold anew if everything unmerged at once.',
    (reading) => sampleOf(reading)?.unmerge_needed_bytes,
  ),
  single(
    'gauge',
    'ksmpilot_unmerge_usable_bytes',
    'Memory that the host has for that: MemAvailable less a margin.',
    (reading) => sampleOf(reading)?.unmerge_usable_bytes,
  ),
  single('gauge', 'ksmpilot_mem_total_bytes', 'MemTotal of /proc/meminfo.', ({ host }) => host?.mem_total_bytes),
  single(
    'gauge',
    'ksmpilot_mem_available_bytes',
    'MemAvailable of /proc/meminfo.',
    (reading) => sampleOf(reading)?.mem_available_bytes,
  ),
  single('gauge', 'ksmpilot_cpus', 'CPUs that are online.', ({ host }) => host?.cpus),
  single(
    'gauge',
    'ksmpilot_cpu_pressure_ratio',
    'Part of the last ten seconds in which some task waited for a CPU (PSI, some avg10).',
    (reading) => times(sampleOf(reading)?.cpu_pressure_pct, 0.01),
  ),
  single(
    'gauge',
    'ksmpilot_memory_pressure_ratio',
    'Part of the last ten seconds in which some task waited for memory (PSI, some avg10).',
    (reading) => times(sampleOf(reading)?.memory_pressure_pct, 0.01),
  ),
  single(
    'gauge',
    'ksmpilot_net_cores',
    'Worth of the saving at the price set, less the CPU that ksmd takes.',
    (reading) => sampleOf(reading)?.net_cores,
  ),
  single('gauge', 'ksmpilot_worth_cores', 'Worth of the saving at the price set.', (reading) =>
    dividedBy(sampleOf(reading)?.saved_bytes, priceOf(reading) ?? NaN),
  ),
  single(
    'gauge',
    'ksmpilot_price_bytes',
    'The price: bytes of memory, held for an hour, that are worth one core for an hour (tuner.gibPerCore).',
    priceOf,
  ),
];

function mergeable({ guests }: AgentReading): Value {
  const known = (guests?.guests ?? []).flatMap(({ mergeable_bytes }) => mergeable_bytes ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes, 0);
}

function priceOf({ tuner }: AgentReading): number | undefined {
  const price = tuner?.settings?.gib_per_core;
  return price === undefined ? undefined : price * 2 ** 30;
}
