/** Scanning at the CPU cap from the start, for ever: what the fastest allowed brings, and costs. */

import { planKnobs } from '../knobs.js';
import { KERNEL_DEFAULT, type Policy } from './policy.js';
import { initialPrice, updatePrice, type ScanPrice } from './scan-price.js';

/** @param maxCpuPct per cent of one core */
export function capPolicy(maxCpuPct: number): Policy<ScanPrice> {
  return {
    name: 'cap',
    knobs: { run: 1, ...KERNEL_DEFAULT },
    initial: initialPrice,
    tick(before, observation) {
      const state = updatePrice(before, observation);
      return { state, knobs: { run: 1, ...planKnobs(maxCpuPct / 100, state.secPerPage) } };
    },
  };
}
