/** What a saved page is worth, in the currency of everything here: CPU seconds of one core. */

import type { Observation, TunerSettings } from './types.js';

const GIB = 2 ** 30;

/**
 * Per cent of `some avg10` at which the price of CPU (of memory) has doubled. CPU pressure of 20 % means that a task
 * waited a fifth of the time; memory pressure of 5 % already means reclaim or swap in the guests' way.
 */
const CPU_PRESSURE_DOUBLES_AT_PCT = 20;
const MEMORY_PRESSURE_DOUBLES_AT_PCT = 5;

/** Pressure moves a price by this factor at most: the best rate then moves by its square root, 2. */
const MAX_PRESSURE_FACTOR = 4;

/** CPU seconds that one page saved for one second is worth: page size / GiB / gibPerCore, weighted by pressure. */
export function worthPerPageSec(observation: Observation, settings: TunerSettings): number {
  const plain = observation.pageSize / GIB / settings.gibPerCore;
  const memory = pressureFactor(observation.memoryPressurePct, MEMORY_PRESSURE_DOUBLES_AT_PCT);
  const cpu = pressureFactor(observation.cpuPressurePct, CPU_PRESSURE_DOUBLES_AT_PCT);
  return (plain * memory) / cpu;
}

function pressureFactor(pct: number | null, doublesAtPct: number): number {
  if (pct === null || !(pct > 0)) return 1;
  return Math.min(MAX_PRESSURE_FACTOR, 1 + pct / doublesAtPct);
}
