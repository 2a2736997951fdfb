/** What a change of a guest's merging would do, and whether it can be done. Pure. */

import type { GuestMergeReport__Output } from '../../../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import { bytes } from '../../format.js';

export type Goal = 'on' | 'off' | 'restore';

export const GOALS: readonly { readonly goal: Goal; readonly title: string; readonly means: string }[] = [
  { goal: 'off', title: 'Switch off …', means: 'Its memory is taken back from KSM; what was merged is copied.' },
  { goal: 'on', title: 'Switch on …', means: 'Its memory is offered to KSM.' },
  { goal: 'restore', title: 'Put back …', means: 'As it was before ksmpilot changed it.' },
];

/** Would the host be short of memory? @param plan the answer to a dry run */
export function isShort({ needed_bytes: needed, usable_bytes: usable }: GuestMergeReport__Output): boolean {
  return needed !== undefined && usable !== undefined && needed > usable;
}

/** `Takes up to 1.20 GiB of the 8.40 GiB that the host has for it.`; undefined where it takes none. */
export function memoryWords({
  needed_bytes: needed,
  usable_bytes: usable,
}: GuestMergeReport__Output): string | undefined {
  if (needed === undefined) return undefined;
  if (usable === undefined) return `Takes up to ${bytes(needed)}; what the host has for it is not known.`;
  if (needed > usable) {
    return `Takes up to ${bytes(needed)}, and the host has ${bytes(usable)} for it: that is refused.`;
  }
  return `Takes up to ${bytes(needed)} of the ${bytes(usable)} that the host has for it.`;
}

export function outcomeWords(report: GuestMergeReport__Output): string {
  const { changed, mergeable_before_bytes: before, mergeable_after_bytes: after } = report;
  if (!changed) return 'Nothing was changed.';
  if (before === undefined || after === undefined) return 'Done.';
  return `Done: offered to KSM before ${bytes(before)}, now ${bytes(after)}.`;
}
