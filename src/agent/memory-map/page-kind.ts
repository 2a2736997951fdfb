import { isHugetlb, isKsm, isTransparentHuge, isZeroPage } from './page-flags.js';
import { isFileOrShared, isPresent, isSwapped } from './pagemap.js';

/** What a page of address space is backed by. */
export const PAGE_KINDS = ['ksm', 'zero', 'huge', 'private', 'shared', 'hugetlb', 'swapped', 'absent'] as const;

export type PageKind = (typeof PAGE_KINDS)[number];

/** What each kind means, for legends and documents. */
export const KIND_MEANING: Readonly<Record<PageKind, string>> = {
  ksm: 'KSM page',
  zero: "kernel's zero page",
  huge: 'private, in a transparent huge page',
  private: 'private',
  shared: 'file or shared memory',
  hugetlb: 'page of hugetlbfs',
  swapped: 'swapped out',
  absent: 'nothing there',
};

/** The kind from the pagemap's word alone; undefined where the frame's flags decide. */
export function kindWithoutFrame(high: number): PageKind | undefined {
  if (!isPresent(high)) return isSwapped(high) ? 'swapped' : 'absent';
  return undefined;
}

/**
 * The kind of a page that is present. KSM comes first: a KSM page is none of a file's, and is never huge.
 *
 * @param high high half of the pagemap's word
 * @param flags low half of the frame's flags
 */
export function kindOf(high: number, flags: number): PageKind {
  if (isKsm(flags)) return 'ksm';
  if (isZeroPage(flags)) return 'zero';
  if (isHugetlb(flags)) return 'hugetlb';
  if (isFileOrShared(high)) return 'shared';
  return isTransparentHuge(flags) ? 'huge' : 'private';
}
