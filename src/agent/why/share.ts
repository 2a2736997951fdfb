/** What is large enough to be told, and how much is left to merge. Pure. */

import type { Evidence } from './evidence.js';

export const MIB = 1024 * 1024;

/** Less of the guest's memory than this part, and than a MiB, explains nothing. */
const LEAST_PART = 0.01;

export function isWorthTelling(pages: number, { memory, pageSize }: Evidence): boolean {
  return pages * pageSize >= MIB || pages > LEAST_PART * memory.resident;
}

/** Pages offered that are no KSM pages. The kernel's count of those is lazy: it falls at ksmd's next visit. */
export function unmergedPages({ memory, tally }: Evidence): number {
  return Math.max(0, memory.offered - (tally.merged ?? 0));
}

/** Pages offered that ksmd has no record of; null: this kernel does not tell (before 6.1). */
export function unvisitedPages({ memory, tally }: Evidence): number | null {
  return tally.visited === undefined ? null : Math.max(0, memory.offered - tally.visited);
}
