/** Pages scanned, for kernels that do not count them (`pages_scanned` came with 6.6). */

import { BLIND_SEC_PER_PAGE } from './cost.js';
import { effectiveSleepSec, MIN_SLEEP_MS } from './knobs.js';
import type { Observation } from './types.js';

/**
 * From the loop "scan N pages, sleep s": with CPU share u there are (1 - u) t / s batches in t seconds. Without the
 * CPU time either, u is what the dearest page would make it. An upper bound: batches cut short count as whole.
 */
export function inferScanned(o: Observation): (seconds: number, cpuSec: number | null) => number {
  return (seconds, cpuSec) => {
    const { run, pages_to_scan, sleep_millisecs } = o.knobs;
    if (run !== 1 || cpuSec === 0 || !(pages_to_scan > 0)) return 0;
    const sleepSec = effectiveSleepSec(Math.max(MIN_SLEEP_MS, sleep_millisecs));
    if (cpuSec === null) return (seconds * pages_to_scan) / (sleepSec + pages_to_scan * BLIND_SEC_PER_PAGE);
    const asleep = Math.max(0.05, 1 - cpuSec / seconds);
    return (pages_to_scan * seconds * asleep) / sleepSec;
  };
}
