import { existsSync } from 'node:fs';
import { writeKnobs } from '../../../test/helpers/knobs.js';
import type { Policy } from '../types.js';

/**
 * What the advisor starts with, from mm/ksm.c (6.8 and newer): DEFAULT_ADVISOR_TARGET_SCAN_TIME in seconds, at most
 * KSM_ADVISOR_DEFAULT_MAX_CPU per cent of a core, and bounds for pages_to_scan. Written out, so that a host with other
 * values measures the same.
 */
const DEFAULTS = {
  advisor_target_scan_time: 200,
  advisor_max_cpu: 70,
  advisor_min_pages_to_scan: 500,
  advisor_max_pages_to_scan: 30_000,
  sleep_millisecs: 20,
} as const;

/** The kernel's own tuner: after each full scan it sets pages_to_scan so that the next one takes the target time. */
export const advisor = advisorWith('advisor', DEFAULTS.advisor_target_scan_time);

/** `advisor:20`: the target of a full scan in seconds. Undefined for any other name. */
export function advisorNamed(name: string): Policy | undefined {
  const match = /^advisor:([1-9]\d{0,4})$/.exec(name);
  return match === null ? undefined : advisorWith(name, Number(match[1]));
}

function advisorWith(name: string, targetSec: number): Policy {
  return {
    name,
    title: `the kernel's advisor, a full scan in ${targetSec} s${name === 'advisor' ? ' (its default)' : ''}`,
    obstacle: () =>
      Promise.resolve(
        existsSync('/sys/kernel/mm/ksm/advisor_mode') ? undefined : 'this kernel has no KSM advisor (6.8 and newer do)',
      ),
    start() {
      writeKnobs({ ...DEFAULTS, advisor_target_scan_time: targetSec, advisor_mode: 'scan-time', run: 1 });
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
}
