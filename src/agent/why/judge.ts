/** Why a guest does not merge, or not more. Pure. */

import { filePages, hugePages, hugetlb, pinned, shared, swapped } from './backing.js';
import { nodesApart, pageSharing, volatile, zeroPages } from './content.js';
import type { Evidence } from './evidence.js';
import { notOffered } from './offer.js';
import type { Effect, Reason } from './reason.js';
import { ksmAbsent, ksmStopped, notVisited, rival, smartScan } from './scanner.js';
import { unmergedPages } from './share.js';

/** In the order in which reasons of equal size are told. */
const CHECKS: readonly ((evidence: Evidence) => Reason | undefined)[] = [
  ksmAbsent,
  ksmStopped,
  notOffered,
  hugetlb,
  shared,
  filePages,
  pinned,
  notVisited,
  volatile,
  swapped,
  smartScan,
  rival,
  zeroPages,
  nodesApart,
  pageSharing,
  hugePages,
];

/** Which explain memory, and which are to be known beside. */
const RANK: Readonly<Record<Effect, number>> = { bars: 0, delays: 0, limits: 0, note: 1 };

/** The reasons that hold, those that explain most memory first, notes last. */
export function reasonsFor(evidence: Evidence): Reason[] {
  return CHECKS.map((check) => check(evidence))
    .filter((reason) => reason !== undefined)
    .map((reason, order) => ({ reason, order }))
    .sort(
      (a, b) =>
        RANK[a.reason.effect] - RANK[b.reason.effect] ||
        (b.reason.bytes ?? 0) - (a.reason.bytes ?? 0) ||
        a.order - b.order,
    )
    .map(({ reason }) => reason);
}

/** How much of the guest's memory is merged. Bytes. */
export interface Standing {
  readonly residentBytes: number;
  readonly offeredBytes: number;
  /** KSM pages; undefined: this kernel does not tell. */
  readonly mergedBytes: number | undefined;
  /** Zeros on the kernel's own page, placed by KSM; undefined: this kernel does not tell. */
  readonly zeroBytes: number | undefined;
  readonly unmergedBytes: number;
}

export function standingOf(evidence: Evidence): Standing {
  const { memory, tally, pageSize } = evidence;
  const bytes = (pages: number | undefined): number | undefined => (pages === undefined ? undefined : pages * pageSize);
  return {
    residentBytes: memory.resident * pageSize,
    offeredBytes: memory.offered * pageSize,
    mergedBytes: bytes(tally.merged),
    zeroBytes: bytes(tally.zero),
    unmergedBytes: unmergedPages(evidence) * pageSize,
  };
}

/** Does anything keep offered or private memory from merging, now or for good? Limits and notes do not. */
export function standsInTheWay(reasons: readonly Reason[]): boolean {
  return reasons.some(({ effect, code }) => effect === 'bars' || effect === 'delays' || code === 'volatile');
}
