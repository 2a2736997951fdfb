import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readKsm, writeKnobs } from '../../test/helpers/knobs.js';

/** The kernel's own defaults (mm/ksm.c, 6.18), stopped. A kernel without a file goes without. */
const DEFAULTS = {
  advisor_mode: 'none',
  advisor_max_cpu: 70,
  advisor_min_pages_to_scan: 500,
  advisor_max_pages_to_scan: 30_000,
  advisor_target_scan_time: 200,
  pages_to_scan: 100,
  sleep_millisecs: 20,
  smart_scan: 1,
  use_zero_pages: 0,
  max_page_sharing: 256,
  merge_across_nodes: 1,
  run: 0,
} as const;

/** All of them 0: no page is merged, and ksmd knows of none. */
const REMAINS = ['pages_shared', 'pages_sharing', 'pages_unshared', 'pages_volatile', 'ksm_zero_pages'] as const;
/** The memory of ended processes is given back a moment after their end. */
const FORGET_MS = 10_000;

const here = (name: string): boolean => existsSync(`/sys/kernel/mm/ksm/${name}`);

/** Every knob as the kernel has it after boot; ksmd stops. */
export function setDefaults(): void {
  writeKnobs({ run: 0 });
  writeKnobs(Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => here(name))));
}

/**
 * Unmerges everything and lets ksmd forget what it knew of pages (`run`=2, then 0). For a host on which all mergeable
 * memory is ours and gone.
 *
 * @throws Error when something remains
 */
export async function forgetPages(): Promise<void> {
  const deadline = performance.now() + FORGET_MS;
  for (;;) {
    writeKnobs({ run: 2 });
    writeKnobs({ run: 0 });
    const left = remains();
    if (left === undefined) return;
    if (performance.now() > deadline) throw new Error(`after unmerging everything for ${FORGET_MS} ms, ${left}`);
    await sleep(100);
  }
}

/** What is still merged or known to ksmd, in words; undefined: nothing. */
export function remains(): string | undefined {
  const left = REMAINS.filter((name) => here(name)).flatMap((name) => {
    const value = readKsm(name);
    return value === 0 ? [] : [`${name} is ${value}`];
  });
  return left.length === 0 ? undefined : left.join(', ');
}
