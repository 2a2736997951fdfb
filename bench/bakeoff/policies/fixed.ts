import { writeKnobs } from '../../../test/helpers/knobs.js';
import type { Policy } from '../types.js';

/** ksmd stands still. What was merged before stays merged: the yardstick for what scanning is worth. */
export const off = constant('off', 'KSM off (run=0)', { run: 0 });

/**
 * KSM switched on and left alone: DEFAULT_PAGES_TO_SCAN 100 and ksm_thread_sleep_millisecs 20 of mm/ksm.c. smart_scan
 * stays as found; kernels from 6.7 have it on.
 */
export const kernelDefault = constant('default', 'KSM on, kernel defaults (100 pages each 20 ms)', {
  run: 1,
  pages_to_scan: 100,
  sleep_millisecs: 20,
});

/**
 * One setting for the whole window.
 *
 * @param pages pages_to_scan
 * @param sleepMs sleep_millisecs; 0 would let ksmd take a whole core
 */
export function fixed(pages: number, sleepMs: number): Policy {
  return constant(`fixed:${pages}/${sleepMs}`, `${pages} pages each ${sleepMs} ms`, {
    run: 1,
    pages_to_scan: pages,
    sleep_millisecs: sleepMs,
  });
}

/** `fixed:1250/10`; undefined for any other name. */
export function fixedNamed(name: string): Policy | undefined {
  const match = /^fixed:([1-9]\d{0,6})\/([1-9]\d{0,5})$/.exec(name);
  return match === null ? undefined : fixed(Number(match[1]), Number(match[2]));
}

function constant(name: string, title: string, knobs: Parameters<typeof writeKnobs>[0]): Policy {
  return {
    name,
    title,
    obstacle: () => Promise.resolve(undefined),
    start() {
      writeKnobs(knobs);
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
}
