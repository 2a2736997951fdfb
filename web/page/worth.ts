/** What the headline says in words. Pure. */

import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { bytes, cores, count } from './format.js';

const GIB = 1024 ** 3;
/** Less than this, in cores, is neither gain nor loss. */
const EVEN_CORES = 0.0005;

/**
 * What the saving is worth less what ksmd costs, at the operator's price, as one sentence.
 *
 * @param rests where ksmd does not scan, auto mode has stopped it
 */
export function worthSentence(
  frame: SampleFrame__Output | undefined,
  gibPerCore: number | null | undefined,
  rests = false,
): string {
  if (frame === undefined) return 'Waiting for the first sample.';
  const { saved_bytes: saved, ksmd_cpu_pct: cpu, net_cores: net } = frame;
  if (saved === undefined) return 'This host does not say what KSM saves.';
  if (gibPerCore === null || gibPerCore === undefined) return 'The price of memory is not known yet.';
  const worth = `${bytes(saved)} is worth ${cores(saved / GIB / gibPerCore)} cores at ${price(gibPerCore)}`;
  if (cpu === undefined || net === undefined) return `${worth}; what ksmd uses is not known.`;
  const cost = `ksmd uses ${cores(cpu / 100)}`;
  if (frame.knobs?.run === 0 && saved === 0) {
    return rests
      ? 'ksmd rests (run is 0) until the tuner has something to scan for.'
      : 'ksmd is stopped (run is 0), so nothing merges.';
  }
  if (Math.abs(net) < EVEN_CORES) return `${worth}; ${cost}: neither gain nor loss.`;
  return `${worth}; ${cost}: ${net > 0 ? 'merging pays.' : 'merging costs more than it saves.'}`;
}

function price(gibPerCore: number): string {
  return `${Number.isInteger(gibPerCore) ? count(gibPerCore) : gibPerCore.toFixed(1)} GiB per core`;
}
