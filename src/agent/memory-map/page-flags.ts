/**
 * Words of /proc/kpageflags: 8 bytes per page frame (include/uapi/linux/kernel-page-flags.h). All bits that matter here
 * are in the low half.
 */

/** Bytes per frame. */
export const PAGE_FLAGS_BYTES = 8;

const HUGETLB = 1 << 17;
const KSM = 1 << 21;
const TRANSPARENT_HUGE = 1 << 22;
const ZERO_PAGE = 1 << 24;

/** A page that KSM holds in its stable tree. */
export function isKsm(flags: number): boolean {
  return (flags & KSM) !== 0;
}

/** The kernel's page of zeros, of base or of huge size. */
export function isZeroPage(flags: number): boolean {
  return (flags & ZERO_PAGE) !== 0;
}

/** A part of a larger page that the kernel made by itself: a transparent huge page, or any other large folio. */
export function isTransparentHuge(flags: number): boolean {
  return (flags & TRANSPARENT_HUGE) !== 0;
}

/** A part of a page of hugetlbfs. */
export function isHugetlb(flags: number): boolean {
  return (flags & HUGETLB) !== 0;
}
