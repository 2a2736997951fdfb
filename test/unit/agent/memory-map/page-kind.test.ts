import { expect, it } from 'vitest';
import { kindOf, kindWithoutFrame, type PageKind } from '../../../../src/agent/memory-map/page-kind.js';

// High half of a pagemap word, low half of a kpageflags word, as include/uapi/linux/kernel-page-flags.h numbers the bits.
const [PRESENT, SWAPPED, FILE] = [0x8000_0000, 0x4000_0000, 0x2000_0000];
const [HUGETLB, KSM, THP, ZERO] = [1 << 17, 1 << 21, 1 << 22, 1 << 24];

it.each<[PageKind, number, number]>([
  ['private', PRESENT, 0],
  ['ksm', PRESENT, KSM],
  ['ksm', PRESENT + FILE, KSM], // older kernels marked KSM pages as a file's
  ['zero', PRESENT, ZERO],
  ['zero', PRESENT, ZERO | THP],
  ['huge', PRESENT, THP],
  ['shared', PRESENT + FILE, 0],
  ['shared', PRESENT + FILE, THP],
  ['hugetlb', PRESENT + FILE, HUGETLB],
])('%s', (kind, high, flags) => {
  expect(kindWithoutFrame(high)).toBeUndefined();
  expect(kindOf(high, flags)).toBe(kind);
});

it('needs no frame for what is not there', () => {
  expect(kindWithoutFrame(0)).toBe('absent');
  expect(kindWithoutFrame(0x0100_0000)).toBe('absent');
  expect(kindWithoutFrame(SWAPPED)).toBe('swapped');
  expect(kindWithoutFrame(SWAPPED + FILE)).toBe('swapped');
});
