/** Decisions with what came of each, for the log. Pure. */

import type { Decision__Output } from '../../../../proto/generated/ksmpilot/v1/Decision.js';
import type { Expectation__Output } from '../../../../proto/generated/ksmpilot/v1/Expectation.js';
import type { Outcome__Output } from '../../../../proto/generated/ksmpilot/v1/Outcome.js';
import { bytes, clock, duration, percent } from '../../format.js';
import { decisionLines } from '../../timeline.js';

export interface DecisionEntry {
  /** The newest of those that the line stands for. */
  readonly decision: Decision__Output;
  /** Consecutive ones that changed nothing and say the same. */
  readonly times: number;
  readonly sinceMs: number;
  /** `pages_to_scan 100 → 2400, run 0 → 1`; empty: nothing to do. */
  readonly moves: string;
  /** What it claims will be seen; empty: nothing. */
  readonly expects: string;
  /** What came of it, told by a later decision. */
  readonly outcome: Outcome__Output | undefined;
  /** It expects something, and nothing was told of it yet. */
  readonly isOpen: boolean;
}

/** Newest first, at most `most`. Outcomes stand with the decision that they are of, not with the one that told them. */
export function decisionEntries(decisions: readonly Decision__Output[], most: number): readonly DecisionEntry[] {
  const outcomes = new Map<number, Outcome__Output>();
  for (const { outcome } of decisions) if (outcome !== null) outcomes.set(outcome.of_decision, outcome);
  return decisionLines(decisions, most).map(({ decision, times, sinceMs }) => {
    const outcome = newestOutcome(outcomes, decision.id, times);
    return {
      decision,
      times,
      sinceMs,
      moves: decision.changes.map(({ knob, from, to }) => `${knob} ${from} → ${to}`).join(', '),
      expects: decision.expectation === null ? '' : expectationWords(decision.expectation),
      outcome,
      isOpen: decision.expectation !== null && outcome === undefined,
    };
  });
}

/** Ids count up by one, so a line stands for the ids up to its newest. */
function newestOutcome(
  outcomes: ReadonlyMap<number, Outcome__Output>,
  newest: number,
  times: number,
): Outcome__Output | undefined {
  for (let id = newest; id > newest - times; id -= 1) {
    const outcome = outcomes.get(id);
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

export function expectationWords(expectation: Expectation__Output): string {
  const parts = [
    expectation.ksmd_cpu_pct === undefined ? '' : `ksmd ${percent(expectation.ksmd_cpu_pct)}`,
    expectation.full_scan_sec === undefined ? '' : `full scan ${duration(expectation.full_scan_sec * 1_000)}`,
    expectation.saved_bytes === undefined ? '' : `saved ${bytes(expectation.saved_bytes)}`,
  ].filter((part) => part !== '');
  const by = expectation.by_time_ms > 0 ? ` by ${clock(expectation.by_time_ms)}` : '';
  return `Expects ${parts.length === 0 ? 'no change' : parts.join(', ')}${by}.`;
}

export interface Kept {
  readonly held: number;
  readonly missed: number;
}

/** How many of the expectations that are due came true. */
export function keptOf(decisions: readonly Decision__Output[]): Kept {
  const outcomes = decisions.flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
  const held = outcomes.filter((outcome) => outcome.held).length;
  return { held, missed: outcomes.length - held };
}
