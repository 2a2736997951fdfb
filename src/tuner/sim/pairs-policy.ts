/**
 * Two full scans at the CPU cap with smart_scan 0 every so many seconds, and nothing in between. Content that came equal
 * waits for half of that time on average; even scanning at the same CPU lets it wait for 1.75 full scans, which are as
 * long as half of that time. A yardstick: nobody's tuner works like this.
 */

import { planKnobs } from '../knobs.js';
import { KERNEL_DEFAULT, type Policy } from './policy.js';
import { initialPrice, updatePrice, type ScanPrice } from './scan-price.js';

const PAIR = 2;

export interface PairsState {
  readonly price: ScanPrice;
  /** Second at which the next pair begins; `full_scans` at which this one ends, or null between two. */
  readonly nextSec: number;
  readonly endScans: number | null;
}

/** @param maxCpuPct per cent of one core */
export function pairsPolicy(everySec: number, maxCpuPct: number): Policy<PairsState> {
  return {
    name: `pairs:${everySec}`,
    knobs: { run: 0, ...KERNEL_DEFAULT },
    initial: { price: initialPrice, nextSec: 0, endScans: null },
    tick(before, observation) {
      const { monoMs, full_scans, knobs } = observation;
      const price = updatePrice(before.price, observation);
      const nowSec = monoMs / 1000;
      const due = before.endScans === null && nowSec >= before.nextSec;
      const endScans = due ? full_scans + PAIR : before.endScans;
      if (endScans === null || full_scans >= endScans) {
        const rest = { ...knobs, run: 0, smart_scan: 1 };
        return { state: { price, nextSec: before.nextSec, endScans: null }, knobs: rest };
      }
      const nextSec = due ? nowSec + everySec : before.nextSec;
      const scan = { run: 1, ...planKnobs(maxCpuPct / 100, price.secPerPage), smart_scan: 0 };
      return { state: { price, nextSec, endScans }, knobs: scan };
    },
  };
}
