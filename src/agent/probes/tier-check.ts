/**
 * A tier that attaches and counts wrong must not be believed: a function that is inlined at one of its callers, kprobes
 * that were switched off later, a wrong base address. The judge is cow_ksm of /proc/vmstat, which the kernel counts by
 * itself. It is read after each frame, so between two frames lie these truths, without any tolerance for time:
 * what is counted up to a frame holds every break up to the reading before it, and no break after the reading that
 * follows. Pure.
 */

import type { CowTier } from '../model/probe.js';

/** So many breaks more or fewer than the kernel's are never held against a tier. */
const ALLOWED = 64;
/**
 * And this part of the kernel's. At do_wp_page the page table is locked, so counts are equal but for events lost in a
 * start. At page faults colliding threads count twice: up to 9 % of all were seen, see docs/probes.md.
 */
const ALLOWED_PART: Readonly<Record<CowTier, number>> = { fentry: 0.02, kprobe: 0.02, tracepoint: 0.25 };

interface Reading {
  readonly attributed: number;
  readonly cow_ksm: number;
}

/** One for each run of bpftrace. */
export class TierCheck {
  readonly #tier: CowTier;
  #first: Reading | undefined;
  #second: Reading | undefined;
  #last: Reading | undefined;

  constructor(tier: CowTier) {
    this.#tier = tier;
  }

  /**
   * `attributed`: breaks counted up to a frame; only differences matter. `cow_ksm`: read after it; undefined: the kernel
   * has none, and every tier is believed. Returns what is wrong; undefined: nothing so far.
   */
  frame(attributed: number, cow_ksm: number | undefined): string | undefined {
    if (cow_ksm === undefined) return undefined;
    const before = this.#last;
    this.#last = { attributed, cow_ksm };
    if (this.#first === undefined) {
      this.#first = this.#last;
      return undefined;
    }
    this.#second ??= this.#last;
    return this.#tooFew(attributed, before) ?? this.#tooMany(attributed, cow_ksm);
  }

  /** Only where the tier sees every break: the one by tracepoints does not. */
  #tooFew(attributed: number, before: Reading | undefined): string | undefined {
    if (this.#tier === 'tracepoint' || this.#first === undefined || before === undefined) return undefined;
    const least = before.cow_ksm - this.#first.cow_ksm;
    const counted = attributed - this.#first.attributed;
    return least - counted > this.#allowed(least) ? this.#told(counted, least) : undefined;
  }

  #tooMany(attributed: number, cow_ksm: number): string | undefined {
    if (this.#first === undefined || this.#second === undefined) return undefined;
    const most = cow_ksm - this.#first.cow_ksm;
    const counted = attributed - this.#second.attributed;
    return counted - most > this.#allowed(most) ? this.#told(counted, most) : undefined;
  }

  #allowed(breaks: number): number {
    return ALLOWED + breaks * ALLOWED_PART[this.#tier];
  }

  #told(counted: number, kernel: number): string {
    return `it counted ${counted} COW breaks where the kernel counted ${kernel}, so it is not believed`;
  }
}
