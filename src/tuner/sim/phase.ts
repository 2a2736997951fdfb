/**
 * smart_scan's memory of one page as one number: how often ksmd came by while the page was not merged. The kernel keeps
 * an age and a count of skips left (mm/ksm.c: should_skip_rmap_item, skip_age), both of which follow from it.
 */

/** Passings-by, counted from 0, at which the page is looked at; from 22 on every ninth. The others are skips. */
const LOOKED_AT: ReadonlySet<number> = new Set([0, 1, 2, 3, 5, 8, 13, 22]);

/** From here on the schedule repeats every nine passings-by, so that counting further says nothing. */
const LAST = 30;
const REPEATS_FROM = 22;

/** Phases lie below this. */
export const PHASES = LAST + 1;

/** Does ksmd pass over the page at this coming-by? */
export function skipsAt(phase: number): boolean {
  return !LOOKED_AT.has(phase);
}

/** The phase after ksmd came by, whether it looked or not. */
export function nextPhase(phase: number): number {
  return phase >= LAST ? REPEATS_FROM : phase + 1;
}
