/**
 * The rule of ksmtuned (Red Hat, 2009), as Debian's `ksmtuned` still has it with its default /etc/ksmtuned.conf: every 60 s
 * compare what guests have committed, and what is free, with a threshold; scan more while memory is short, less while
 * it is not, and not at all while everything fits.
 */

import type { Observation } from '../types.js';
import { KERNEL_DEFAULT, type Policy } from './policy.js';

const MONITOR_INTERVAL_SEC = 60;
const NPAGES_BOOST = 300;
const NPAGES_DECAY = -50;
const NPAGES_MIN = 64;
const NPAGES_MAX = 1250;
/** Sleep for a host of 16 GiB; larger hosts sleep less, but not below 10 ms. */
const SLEEP_MSEC = 10;
const SLEEP_HOST_BYTES = 16 * 2 ** 30;
/** Threshold: this part of all memory, at least 2048 kB as the file's unit is. */
const THRES_COEF_PCT = 20;
const THRES_CONST_BYTES = 2048 * 1024;

export interface KsmtunedState {
  readonly nextSec: number;
  readonly npages: number;
  readonly scanning: boolean;
}

/**
 * `committed` is what guests have resident and offer (the script sums up the guests' memory), `free` is MemAvailable,
 * which has what the script adds up: free memory, buffers and page cache.
 */
export function ksmtunedStep(state: KsmtunedState, o: Observation): KsmtunedState {
  const nowSec = o.monoMs / 1000;
  const total = o.memTotalBytes;
  if (nowSec < state.nextSec || total === null) return state;
  const nextSec = nowSec + MONITOR_INTERVAL_SEC;
  const threshold = Math.max(THRES_CONST_BYTES, (total * THRES_COEF_PCT) / 100);
  const committed = o.mergeableBytes ?? 0;
  const free = o.memAvailableBytes ?? total;
  if (committed + threshold <= total) return { ...state, nextSec, scanning: false };
  const step = free < threshold ? NPAGES_BOOST : NPAGES_DECAY;
  return { nextSec, npages: Math.min(NPAGES_MAX, Math.max(NPAGES_MIN, state.npages + step)), scanning: true };
}

export const KSMTUNED: Policy<KsmtunedState> = {
  name: 'ksmtuned',
  knobs: { run: 0, ...KERNEL_DEFAULT },
  // It sleeps first, then looks.
  initial: { nextSec: MONITOR_INTERVAL_SEC, npages: 0, scanning: false },
  tick(before, observation) {
    const state = ksmtunedStep(before, observation);
    if (!state.scanning) return { state, knobs: { ...observation.knobs, run: 0 } };
    const total = observation.memTotalBytes ?? SLEEP_HOST_BYTES;
    const sleep_millisecs = Math.max(10, Math.floor((SLEEP_MSEC * SLEEP_HOST_BYTES) / total));
    return { state, knobs: { run: 1, pages_to_scan: state.npages, sleep_millisecs } };
  },
};

/** The same with a trigger that always says yes, and memory always short: how it does once it runs. */
export const KSMTUNED_FORCED: Policy<KsmtunedState> = {
  ...KSMTUNED,
  name: 'ksmtuned:forced',
  tick: (state, observation) =>
    KSMTUNED.tick(state, { ...observation, mergeableBytes: observation.memTotalBytes, memAvailableBytes: 0 }),
};
