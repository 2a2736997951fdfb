/** What ksmd pays for one page, by what it does with it. CPU seconds. */

export interface SimCosts {
  /** A page that is merged already. */
  readonly merged: number;
  /** First visit or changed content: a checksum. */
  readonly checksum: number;
  /** Look-up in the stable and the unstable tree, on top of the checksum. */
  readonly search: number;
  /** A merge on top of the look-up. */
  readonly merge: number;
  /** A page skipped by smart_scan. */
  readonly skip: number;
}

/** About 2 to 4 us a page over a boot storm. */
export const USUAL_COSTS: SimCosts = {
  merged: 0.5e-6,
  checksum: 1.5e-6,
  search: 2e-6,
  merge: 4e-6,
  skip: 0.2e-6,
};

/** Every cost times `factor`: another host's pages, or fewer pages at the same total cost. */
export function scaledCosts(costs: SimCosts, factor: number): SimCosts {
  const { merged, checksum, search, merge, skip } = costs;
  return {
    merged: merged * factor,
    checksum: checksum * factor,
    search: search * factor,
    merge: merge * factor,
    skip: skip * factor,
  };
}

/** One tick of the kernel's timer at HZ=250, the most common build. Seconds. */
export const JIFFY_SEC = 0.004;

/** Whole jiffies that ksmd asks to sleep for: `sleep_millisecs` rounded up. It wakes up to one jiffy later. */
export function sleepJiffies(sleep_millisecs: number): number {
  return Math.ceil(sleep_millisecs / 1000 / JIFFY_SEC);
}
