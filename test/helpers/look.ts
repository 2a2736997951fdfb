import { takeReading, type Reading } from '../../src/tuner/reading.js';
import { readKsm, readVmstat } from './knobs.js';

/** What the tuner's estimators read of this host at this moment, without an agent. */
export function lookAtHost(told: {
  readonly monoMs: number;
  readonly ksmdCpuNs: number;
  /** Pages that processes offer. */
  readonly offered: number;
}): Reading {
  const { monoMs, ksmdCpuNs, offered } = told;
  const reading = takeReading({
    monoMs,
    ageMs: 0,
    pageSize: 4096,
    memTotalBytes: null,
    memAvailableBytes: null,
    knobs: { run: 1, pages_to_scan: 100, sleep_millisecs: 20 },
    advisorMode: null,
    pages_shared: readKsm('pages_shared'),
    pages_sharing: readKsm('pages_sharing'),
    pages_unshared: readKsm('pages_unshared'),
    pages_volatile: readKsm('pages_volatile'),
    ksm_zero_pages: null,
    pages_scanned: readKsm('pages_scanned'),
    pages_skipped: readKsm('pages_skipped'),
    full_scans: readKsm('full_scans'),
    cow_ksm: readVmstat('cow_ksm'),
    ksmdCpuNs,
    mergeableBytes: offered * 4096,
    mergeableProcesses: null,
    entered: null,
    cpuPressurePct: null,
    memoryPressurePct: null,
    rivals: [],
  });
  if (reading === null) throw new Error('this host cannot be read');
  return reading;
}
