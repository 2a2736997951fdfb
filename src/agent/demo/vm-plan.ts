/** What the demonstration machines hold, and what KSM saves of it at least. Pure. */

import type { SharingLimits } from './plan.js';
import { VM_PAGE } from './vm-root.js';

export interface VmPlan {
  /** QEMU's `-name`; at most 15 characters, the length of the kernel's comm. */
  readonly name: string;
  /** One sentence for people. */
  readonly text: string;
  /** Image pages written to each second with what they hold already: breaks merges, which ksmd finds equal again. */
  readonly breaksPerSec: number;
  /** Seconds after the others. */
  readonly delaySec: number;
}

export const VM_COUNT = { least: 2, most: 16 } as const;

const MIB = 1024 * 1024;

/** The file that all machines have. Their kernels and its pages freed at boot are equal too, and are not promised. */
export const VM_IMAGE_PAGES = (32 * MIB) / VM_PAGE;

/** A Linux guest keeps files within half its memory, and while it boots the archive with the image is in it too. MiB. */
export const VM_MEMORY_MIB = 192;

/** @param count {@link VM_COUNT} */
export function vmPlan(count: number): readonly VmPlan[] {
  return Array.from({ length: count }, (_, index): VmPlan => {
    const name = `demo-vm-${index + 1}`;
    if (index === 1)
      return { name, text: 'A busy machine: breaks a few merged pages each second.', breaksPerSec: 5, delaySec: 0 };
    const late = index === count - 1 && count > VM_COUNT.least;
    return late
      ? { name, text: 'An idle machine that boots 20 seconds after the others.', breaksPerSec: 0, delaySec: 20 }
      : { name, text: 'An idle machine.', breaksPerSec: 0, delaySec: 0 };
  });
}

/** Bytes that KSM saves when every page of the image is merged; see `shareablePages` for the rule. */
export function vmShareableBytes(count: number, { maxPageSharing }: SharingLimits): number {
  return VM_IMAGE_PAGES * VM_PAGE * (count - Math.ceil(count / maxPageSharing));
}
