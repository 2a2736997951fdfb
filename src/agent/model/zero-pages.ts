/** Whether `use_zero_pages` is worth advising. Pure; docs/switches.md has the measurements that it rests on. */

import { RMAP_ITEM_BYTES } from './derive.js';
import type { KsmSysfs } from './raw.js';

/** Less than this, 64 MiB with pages of 4 KiB, is not worth a word: a fiftieth of it would be gained. */
const LEAST_COPIES = 16_384;
/** Nor is content that makes up less than this part of all merged pages. */
const LEAST_SHARE = 0.25;
/** CPU seconds that a merged zero page costs in each full scan, and a page mapped to the zero page does not. */
const SCAN_SEC_PER_COPY = 0.28e-6;

export interface ZeroPagesAdvice {
  /** Contents with more copies than one KSM page may have mappings (`stable_node_chains`). */
  readonly contents: number;
  /** Pages merged to them, at most. */
  readonly copies: number;
  /** Their part of all merged pages, 0 to 1. */
  readonly share: number;
  /** What would be saved on top: the KSM pages themselves, and the bookkeeping of each copy. */
  readonly gainBytes: number;
  /** CPU seconds that each full scan would save. */
  readonly gainCpuSec: number;
}

/**
 * The kernel does not count zeros that it merged as any other content. But it chains KSM pages when a content has more
 * copies than `max_page_sharing`, and on hypervisor hosts that is most often the page of zeros: that is how much can be
 * known without the switch. Undefined where there is nothing to gain, the switch is on, or its effect would go uncounted
 * (no `ksm_zero_pages`, before Linux 6.6).
 */
export function adviseZeroPages(ksm: KsmSysfs | undefined, pageSize: number): ZeroPagesAdvice | undefined {
  if (ksm?.use_zero_pages !== 0 || ksm.ksm_zero_pages === undefined) return undefined;
  const {
    stable_node_chains: contents,
    stable_node_dups: chained,
    max_page_sharing,
    pages_shared,
    pages_sharing,
  } = ksm;
  if (contents === undefined || chained === undefined || max_page_sharing === undefined) return undefined;
  if (pages_shared === undefined || pages_sharing === undefined) return undefined;
  // Every KSM page that is in no chain has one of the merged pages at least.
  const copies = Math.min(chained * max_page_sharing, pages_sharing + chained);
  const share = copies / Math.max(1, pages_sharing + pages_shared);
  if (contents === 0 || copies < LEAST_COPIES || share < LEAST_SHARE) return undefined;
  return {
    contents,
    copies,
    share,
    gainBytes: chained * pageSize + copies * RMAP_ITEM_BYTES,
    gainCpuSec: copies * SCAN_SEC_PER_COPY,
  };
}
