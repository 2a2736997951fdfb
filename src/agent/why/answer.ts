/** The whole answer to "why does this guest not merge more", as plain data. Pure. */

import { bytes } from '../../tuner/format.js';
import type { WhyAnswer } from '../model/guest-answer.js';
import type { GuestIdentity } from '../model/guest.js';
import type { Evidence } from './evidence.js';
import { reasonsFor, standingOf, standsInTheWay } from './judge.js';
import type { Reason } from './reason.js';

export function whyAnswer({ key, name }: GuestIdentity, evidence: Evidence, timeMs: number): WhyAnswer {
  const { offeredBytes, mergedBytes } = standingOf(evidence);
  const reasons = reasonsFor(evidence);
  return {
    timeMs,
    key,
    name,
    offeredBytes,
    mergedBytes,
    reasons,
    gaps: evidence.gaps,
    verdict: verdictOn(evidence, reasons),
  };
}

/** One sentence over all. */
export function verdictOn(evidence: Evidence, reasons: readonly Reason[]): string {
  const { offeredBytes, mergedBytes } = standingOf(evidence);
  const estimate = `\`ksmpilot estimate --pid ${evidence.guest.pids[0] ?? 'PID'}\``;
  if (standsInTheWay(reasons)) {
    return `Sizes overlap and do not add up. What merging would gain: ${estimate}.`;
  }
  if (offeredBytes === 0) return 'It has no private memory that KSM could take.';
  if (mergedBytes !== undefined && mergedBytes >= offeredBytes) {
    return `Nothing stands in the way: all ${bytes(offeredBytes)} offered are merged.`;
  }
  const merged = mergedBytes === undefined ? 'An unknown part' : bytes(mergedBytes);
  return (
    `Nothing stands in the way: ${merged} of ${bytes(offeredBytes)} offered are merged, the ` +
    `rest had no equal when ksmd looked. Which contents have equals: ${estimate}.`
  );
}
