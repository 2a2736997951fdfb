/** Memory of kinds that KSM never merges. Pure. */

import { bytes } from '../../tuner/format.js';
import { hugetlbCure, pinCure, sharedCure } from './cure.js';
import type { Evidence } from './evidence.js';
import { because, type Reason } from './reason.js';
import { isWorthTelling, unmergedPages } from './share.js';

export function shared(evidence: Evidence): Reason | undefined {
  const { memory, options, pageSize, guest } = evidence;
  if (memory.shared === 0 || !isWorthTelling(memory.shared, evidence)) return undefined;
  const size = memory.shared * pageSize;
  return because('shared', {
    sentence: `${bytes(size)} are mapped shared. KSM merges private memory only.`,
    evidence: [
      { what: 'mapped shared', value: size, unit: 'bytes', source: 'smaps, VmFlags sh or ms' },
      ...(options.shared === undefined ? [] : [{ what: 'option', value: options.shared, source: 'cmdline' }]),
    ],
    cure: sharedCure(guest),
    bytes: size,
    bound: 'exact',
  });
}

export function hugetlb(evidence: Evidence): Reason | undefined {
  const { memory, options, pageSize, guest } = evidence;
  if (memory.hugetlb === 0) return undefined;
  const size = memory.hugetlb * pageSize;
  return because('hugetlb', {
    sentence: `${bytes(size)} come from the pool of huge pages (hugetlbfs), which KSM never merges.`,
    evidence: [
      { what: 'huge pages of the pool', value: size, unit: 'bytes', source: 'smaps, *_Hugetlb' },
      ...(options.backing === undefined ? [] : [{ what: 'option', value: options.backing, source: 'cmdline' }]),
    ],
    cure: hugetlbCure(guest),
    bytes: size,
    bound: 'exact',
  });
}

/** Programs and libraries are such pages, so a small part is what every process has; a guest's memory is most of it. */
const FILE_PART = 0.25;

export function filePages(evidence: Evidence): Reason | undefined {
  const { memory, pageSize } = evidence;
  if (memory.file <= FILE_PART * memory.resident || !isWorthTelling(memory.file, evidence)) return undefined;
  const size = memory.file * pageSize;
  return because('file_pages', {
    sentence:
      `${bytes(size)} are pages of one file that were not written to. KSM never merges those; processes that map the ` +
      'same file share them anyway.',
    evidence: [{ what: 'of a file, mapped private', value: size, unit: 'bytes', source: 'smaps, Rss less Anonymous' }],
    cure: 'Nothing to do where guests map one and the same file (a snapshot, an image). Copies of a file share nothing.',
    bytes: size,
    bound: 'exact',
  });
}

/**
 * A pinned page cannot be write-protected, so it never merges (write_protect_page, mm/ksm.c). Worse, ksmd puts it into the
 * unstable tree all the same, where its equals meet it and not each other (test/kernel/why.test.ts). What VFIO's type 1
 * pins the kernel counts as locked, what iommufd, RDMA and io_uring pin it counts as pinned.
 */
export function pinned(evidence: Evidence): Reason | undefined {
  const { pins, options, guest, pageSize, memory } = evidence;
  const { pinnedBytes, lockedBytes, vfio } = pins;
  const passedThrough = vfio.length > 0 || options.vfio !== undefined;
  if (!passedThrough && !isWorthTelling(pinnedBytes / pageSize, evidence)) return undefined;
  const counted = passedThrough ? Math.max(pinnedBytes, lockedBytes) : pinnedBytes;
  const left = unmergedPages(evidence) * pageSize;
  const size = memory.offered === 0 ? counted : counted === 0 ? left : Math.min(counted, left);
  if (size === 0) return undefined;
  return because('pinned', {
    sentence:
      (passedThrough
        ? `A device of the host's is handed through, so up to ${bytes(size)} are pinned. `
        : `Up to ${bytes(size)} are pinned by the program. `) +
      'KSM cannot merge a pinned page; where it is offered, it can keep its equals in other guests apart, too.',
    evidence: [
      ...vfio.map((path) => ({ what: 'open', value: path, source: 'fd' })),
      ...(options.vfio === undefined ? [] : [{ what: 'option', value: options.vfio, source: 'cmdline' }]),
      { what: 'pinned', value: pinnedBytes, unit: 'bytes', source: 'status, VmPin' },
      { what: 'locked', value: lockedBytes, unit: 'bytes', source: 'status, VmLck' },
    ],
    cure: pinCure(guest, passedThrough),
    bytes: size,
    bound: 'at most',
  });
}

export function swapped(evidence: Evidence): Reason | undefined {
  const { memory, pageSize } = evidence;
  if (memory.offeredSwapped === 0 || !isWorthTelling(memory.offeredSwapped, evidence)) return undefined;
  const size = memory.offeredSwapped * pageSize;
  return because('swapped', {
    sentence: `${bytes(size)} of what is offered are swapped out. ksmd passes them until they are read in again.`,
    evidence: [{ what: 'offered, in swap', value: size, unit: 'bytes', source: 'smaps, Swap' }],
    cure: 'Nothing to do: they take no memory now.',
    bytes: size,
    bound: 'exact',
  });
}

export function hugePages(evidence: Evidence): Reason | undefined {
  const { memory, pageSize } = evidence;
  if (memory.offeredHuge === 0 || !isWorthTelling(memory.offeredHuge, evidence)) return undefined;
  const size = memory.offeredHuge * pageSize;
  return because('huge_pages', {
    sentence:
      `${bytes(size)} of what is offered are in transparent huge pages. These do merge: ksmd splits a huge page as ` +
      'soon as one of its parts has an equal.',
    evidence: [{ what: 'offered, in huge pages', value: size, unit: 'bytes', source: 'smaps, AnonHugePages' }],
    cure: 'Nothing to do. What merging gains is paid with fewer huge pages in the TLB of the guest.',
    bytes: size,
    bound: 'exact',
  });
}
