/** What the host must hold if merged memory were unmerged, against what it has. Pure. */

export interface UnmergeRisk {
  /** What unmerging takes. */
  readonly neededBytes: number;
  /** MemAvailable: what new memory can get without swapping. */
  readonly availableBytes: number;
  /** Of that, what must be left. */
  readonly marginBytes: number;
  /** `neededBytes` of what may be used; above 1 it does not fit. Infinity where nothing may be used. */
  readonly ratio: number;
  readonly fits: boolean;
}

const MIB = 2 ** 20;

/**
 * Left alone: a twentieth of the memory, at least 256 MiB and at most 8 GiB. MemAvailable is the kernel's estimate, and
 * guests, page tables and caches go on growing while pages are copied.
 */
export function marginBytes(memTotalBytes: number): number {
  return Math.min(8192 * MIB, Math.max(256 * MIB, Math.round(memTotalBytes / 20)));
}

/** What new memory may take: of what is available, what is not to be left. */
export function usableBytes(availableBytes: number, memTotalBytes: number): number {
  return Math.max(0, availableBytes - marginBytes(memTotalBytes));
}

/**
 * Swap does not count: a host that would have to swap its guests out to unmerge them is no safe place to do so.
 *
 * @param neededBytes 0 or more
 */
export function unmergeRisk(host: {
  readonly neededBytes: number;
  readonly availableBytes: number;
  readonly memTotalBytes: number;
}): UnmergeRisk {
  const { neededBytes, availableBytes, memTotalBytes } = host;
  const margin = marginBytes(memTotalBytes);
  const usable = usableBytes(availableBytes, memTotalBytes);
  return {
    neededBytes,
    availableBytes,
    marginBytes: margin,
    ratio: neededBytes === 0 ? 0 : neededBytes / usable,
    fits: neededBytes <= usable,
  };
}

/**
 * Everything that KSM saves comes back: a copy for each mapping beyond the first of a KSM page, and one for each zero
 * page. Both counters lag behind breaks and never ahead, so the true need is this or less.
 *
 * @returns undefined where the kernel does not say
 */
export function savedPages(ksm: {
  readonly pages_sharing?: number;
  readonly ksm_zero_pages?: number;
}): number | undefined {
  return ksm.pages_sharing === undefined ? undefined : ksm.pages_sharing + (ksm.ksm_zero_pages ?? 0);
}
