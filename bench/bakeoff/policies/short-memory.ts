import { readMeminfo } from '../../../src/agent/kernel/meminfo.js';

/** Memory as a tuner sees it, in kB. */
export interface Memory {
  readonly totalKb: number;
  /** What it takes for free: MemFree + Buffers + Cached, or MemAvailable. */
  readonly freeKb: number;
}

/** Below the 20 % at which all tuners that go by memory start KSM. */
const FREE_PART = 0.1;

/**
 * This host as it would look to a tuner with nine tenths of its memory in use. The bench's guests are small, so tuners that
 * start KSM only when memory is short would leave it off here in every workload (see the rows of `ksmtuned`, which is not
 * told this). Their rules can be compared only where they are in force: their best case.
 */
export function shortMemory(): Memory {
  const totalKb = readMeminfo()?.MemTotal;
  if (totalKb === undefined) throw new Error('/proc/meminfo tells no MemTotal');
  return { totalKb, freeKb: Math.floor(totalKb * FREE_PART) };
}
