/** A guest's memory by what KSM could do with it. Pure. */

import type { Area } from '../memory-map/areas.js';

/** In pages of the base size. */
export interface MemorySums {
  /** All that is there, huge pages of hugetlbfs included. */
  readonly resident: number;
  /** Private memory offered to KSM, KSM pages included; the kernel's zero page not. */
  readonly offered: number;
  /** Of `offered`, in transparent huge pages. */
  readonly offeredHuge: number;
  /** Offered, and swapped out. */
  readonly offeredSwapped: number;
  /** Private memory that could be offered and is not. */
  readonly unoffered: number;
  /** Mapped shared. */
  readonly shared: number;
  readonly hugetlb: number;
  /** Pages of a file's, mapped private and not written to, of the area that has most: programs have many small ones. */
  readonly file: number;
}

export const NO_MEMORY: MemorySums = {
  resident: 0,
  offered: 0,
  offeredHuge: 0,
  offeredSwapped: 0,
  unoffered: 0,
  shared: 0,
  hugetlb: 0,
  file: 0,
};

export function addArea(sums: MemorySums, area: Area): MemorySums {
  const { offered, obstacle, residentPages, anonymousPages, hugePages, swappedPages, hugetlbPages } = area;
  const could = obstacle === undefined && hugetlbPages === 0;
  const taken = could && offered;
  return {
    resident: sums.resident + residentPages + hugetlbPages,
    offered: sums.offered + (taken ? anonymousPages : 0),
    offeredHuge: sums.offeredHuge + (taken ? hugePages : 0),
    offeredSwapped: sums.offeredSwapped + (taken ? swappedPages : 0),
    unoffered: sums.unoffered + (could && !offered ? anonymousPages : 0),
    shared: sums.shared + (obstacle === 'shared' && hugetlbPages === 0 ? residentPages : 0),
    hugetlb: sums.hugetlb + hugetlbPages,
    file: Math.max(sums.file, could ? residentPages - anonymousPages : 0),
  };
}
