/**
 * Pages that something happened to, by how far ksmd has walked since. What a break or an exit did to a page shows in the
 * gauges when ksmd next comes by, once, within one full scan; where it stands in its round is not told, so that a part
 * `a` of a full scan later a part `a` of the pages has been passed, as far as can be expected.
 */

export interface RingEntry {
  /** Full scans walked since, on average over its pages. */
  readonly age: number;
  /** Pages expected not to have been passed yet. */
  readonly left: number;
  /** Pages expected to have been passed. */
  readonly passed: number;
}

/** Newest first, at most MAX_ENTRIES. */
export type WalkRing = readonly RingEntry[];

/** Entries closer in age than this are one. Full scans. */
const RESOLUTION = 1 / 16;

/** After a whole full scan all is passed; for a while longer, what shows late is still known to be this. Full scans. */
const FORGOTTEN_AT = 1.25;

/** Ages 0 to 1.25 in sixteenths, and one for the edge. */
const MAX_ENTRIES = 21;

/** Part of what happens evenly during a walk of `scans` that the same walk has passed by its end. */
function passedMeanwhile(scans: number): number {
  return scans <= 1 ? scans / 2 : 1 - 1 / (2 * scans);
}

/**
 * @param scans full scans walked
 * @param pages that it happens to meanwhile
 * @returns the ring, and the pages expected to have been passed in this walk
 */
export function walkOn(ring: WalkRing, scans: number, pages: number): { ring: WalkRing; passed: number } {
  const next: RingEntry[] = [];
  const share = passedMeanwhile(scans);
  let passed = pages * share;
  if (pages > 0) next.push({ age: share, left: pages - passed, passed });
  for (const entry of ring) {
    const age = entry.age + scans;
    const now = age >= 1 ? entry.left : (entry.left * scans) / (1 - entry.age);
    passed += now;
    if (age < FORGOTTEN_AT) push(next, { age, left: entry.left - now, passed: entry.passed + now });
  }
  return { ring: next, passed };
}

/** Onto the old end, or into it when it is of the same age. */
function push(entries: RingEntry[], entry: RingEntry): void {
  const last = entries.at(-1);
  if (last === undefined || (entry.age - last.age >= RESOLUTION && entries.length < MAX_ENTRIES)) {
    entries.push(entry);
    return;
  }
  const left = last.left + entry.left;
  const passed = last.passed + entry.passed;
  const weight = left + passed > 0 ? (entry.left + entry.passed) / (left + passed) : 0;
  entries[entries.length - 1] = { age: last.age + weight * (entry.age - last.age), left, passed };
}

export function leftIn(ring: WalkRing): number {
  return ring.reduce((sum, { left }) => sum + left, 0);
}

export function passedIn(ring: WalkRing): number {
  return ring.reduce((sum, { passed }) => sum + passed, 0);
}

/** Variance of `leftIn` where each entry's pages lie together, so that ksmd passes all of them at one moment. */
export function varianceOf(ring: WalkRing): number {
  return ring.reduce((sum, { left, passed }) => sum + left * passed, 0);
}

/** Factors for what is left and what was passed, 0 to 1. */
export function scaled(ring: WalkRing, left: number, passed: number): WalkRing {
  return ring.map((entry) => ({ age: entry.age, left: entry.left * left, passed: entry.passed * passed }));
}
