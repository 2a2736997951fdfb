/**
 * What the demonstration guests hold in memory, and what KSM saves of it when everything that is equal is merged: both
 * computed from the one table below, so that the promised figure is exact by construction.
 */

/** Pages of one guest, by what KSM can do with them. Counts are pages. */
export interface GuestPlan {
  /** As in ps and on the page; at most 15 characters, the length of the kernel's comm. */
  readonly name: string;
  /** One sentence for people. */
  readonly text: string;
  /** Content 0, 1, ... of the common image: equal in every guest that has it. */
  readonly imagePages: number;
  /** All-zero pages. */
  readonly zeroPages: number;
  /** Random content that exists nowhere else: never merges. */
  readonly privatePages: number;
  /** Rewritten many times a second: never merges. */
  readonly volatilePages: number;
  /** Image pages written to each second, which breaks their merge; they hold the image again and merge again. */
  readonly breaksPerSec: number;
  /** Seconds after the others. */
  readonly delaySec: number;
}

/** Knobs that decide how many copies of one content the kernel can merge. */
export interface SharingLimits {
  /**
   * Most mappings of one KSM page (/sys/kernel/mm/ksm/max_page_sharing, 256 by default): of N equal pages, one page per
   * started group of this many stays.
   */
  readonly maxPageSharing: number;
  /** 1: all-zero pages go to the kernel's own zero page, so every one of them is saved. */
  readonly useZeroPages: boolean;
}

const MIB = 1024 * 1024;

/**
 * Image of the guest that breaks merges. Small, because a broken page is missing from the saving until ksmd comes by
 * again, minutes later once the tuner has settled; large enough that not every page is broken by then.
 */
const CHURN_IMAGE_BYTES = 4 * MIB;

/**
 * The guests, about 370 MiB of mergeable memory in all; each is a Node process of some 45 MB besides. The image is held
 * by four of them and saves three quarters of itself.
 *
 * @param pageSize bytes
 */
export function demoPlan(pageSize: number): readonly GuestPlan[] {
  const pages = (bytes: number): number => Math.floor(bytes / pageSize);
  const web: Omit<GuestPlan, 'name'> = {
    text: 'A web server: the common image, some zero pages, a little memory of its own.',
    imagePages: pages(64 * MIB),
    zeroPages: pages(8 * MIB),
    privatePages: pages(8 * MIB),
    volatilePages: 0,
    breaksPerSec: 0,
    delaySec: 0,
  };
  return [
    { ...web, name: 'demo-web-1' },
    { ...web, name: 'demo-web-2' },
    {
      ...web,
      name: 'demo-db',
      text: 'A database: the common image, and much memory that nobody else has and that never merges.',
      zeroPages: pages(16 * MIB),
      privatePages: pages(32 * MIB),
    },
    {
      ...web,
      name: 'demo-churn',
      text: 'A busy guest: rewrites most of its pages all the time, and breaks a few merged ones each second.',
      imagePages: pages(CHURN_IMAGE_BYTES),
      zeroPages: 0,
      privatePages: 0,
      volatilePages: pages(16 * MIB),
      breaksPerSec: 3,
    },
    {
      ...web,
      name: 'demo-late',
      text: 'A web server that boots 20 seconds after the others.',
      delaySec: 20,
    },
  ];
}

/**
 * What KSM saves when everything that is equal is merged, in pages.
 *
 * Of n pages with one content, n - ceil(n / maxPageSharing) are saved: the kernel starts another KSM page whenever all
 * those of a content have as many mappings as they may have (is_page_sharing_candidate in mm/ksm.c). A lone page beyond
 * full groups stays as it is, and costs what a KSM page of its own would. With merge_across_nodes=0 each NUMA node has
 * its own KSM pages, and the figure is an upper bound.
 */
export function shareablePages(guests: readonly GuestPlan[], { maxPageSharing, useZeroPages }: SharingLimits): number {
  const saved = (copies: number): number => copies - Math.ceil(copies / maxPageSharing);
  const zeroPages = guests.reduce((sum, guest) => sum + guest.zeroPages, 0);
  // The image is nested: whoever has k of its pages has the contents 0 to k-1. So between two neighbouring sizes every
  // content has the same number of copies.
  const sizes = guests.map((guest) => guest.imagePages).sort((a, b) => a - b);
  let image = 0;
  let below = 0;
  sizes.forEach((size, index) => {
    image += (size - below) * saved(sizes.length - index);
    below = size;
  });
  return image + (useZeroPages ? zeroPages : saved(zeroPages));
}

/**
 * One guest's part of the saving, in pages, rounded down: that of each content divided evenly among its copies, as
 * `ps` divides the measured saving. The parts add up to {@link shareablePages} but for the rounding.
 */
export function shareablePagesOf(guest: GuestPlan, guests: readonly GuestPlan[], limits: SharingLimits): number {
  const sizes = [...new Set(guests.map((other) => other.imagePages))].sort((a, b) => a - b);
  let part = 0;
  let below = 0;
  for (const size of sizes) {
    if (size > guest.imagePages) break;
    const copies = guests.filter((other) => other.imagePages >= size).length;
    part += ((size - below) * (copies - Math.ceil(copies / limits.maxPageSharing))) / copies;
    below = size;
  }
  const zeroPages = guests.reduce((sum, other) => sum + other.zeroPages, 0);
  if (limits.useZeroPages) part += guest.zeroPages;
  else if (zeroPages > 0) {
    part += (guest.zeroPages * (zeroPages - Math.ceil(zeroPages / limits.maxPageSharing))) / zeroPages;
  }
  return Math.floor(part);
}

/** Memory offered for merging by all guests, in pages. */
export function mergeablePages(guests: readonly GuestPlan[]): number {
  return guests.reduce(
    (sum, guest) => sum + guest.imagePages + guest.zeroPages + guest.privatePages + guest.volatilePages,
    0,
  );
}
