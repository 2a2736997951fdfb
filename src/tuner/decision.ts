/**
 * From a choice to a numbered decision, and from an earlier decision to its outcome.
 *
 * A number is given to a decision that says something new: another phase, another kind of reason, other knobs, or an
 * outcome. While nothing new is to be said the same number comes again with the sentence, time and expectation it had;
 * only `changes` (always against the knobs as observed now) and `estimates` are of this tick.
 */

import { KNOB_NAMES } from './guards.js';
import { follow, judge, watch, type Pending } from './outcome.js';
import type { Interval } from './reading.js';
import type { Decision, Estimate, Expectation, KnobChange, Knobs, Outcome, Phase } from './types.js';

export interface LastDecision {
  readonly id: number;
  readonly monoMs: number;
  readonly phase: Phase;
  readonly kind: string;
  readonly reason: string;
  readonly wanted: Knobs | null;
  readonly expectation: Expectation | null;
}

/** What the decision is made of. */
export interface Verdict {
  readonly phase: Phase;
  readonly kind: string;
  readonly reason: string;
  readonly wanted: Knobs | null;
  readonly expectation: Expectation | null;
}

export interface DecideInput {
  readonly verdict: Verdict;
  readonly monoMs: number;
  readonly interval: Interval | null;
  readonly knobs: Knobs;
  readonly savedBytes: number;
  readonly estimates: readonly Estimate[];
  readonly last: LastDecision | null;
  readonly pending: Pending | null;
  readonly nextId: number;
  /** The expectation of a decision that goes on although its last one did not come true. */
  readonly renewed: () => Expectation | null;
}

export interface Decided {
  readonly decision: Decision;
  readonly last: LastDecision;
  readonly pending: Pending | null;
  readonly nextId: number;
}

export function decide(input: DecideInput): Decided {
  const { verdict, last } = input;
  const fresh = last === null || last.phase !== verdict.phase || last.kind !== verdict.kind;
  const moved = last === null || !sameKnobs(last.wanted, verdict.wanted);
  const watched = watchOn(input, moved);
  if (last !== null && !fresh && !moved && watched.outcome === null) {
    const decision = assemble(last, input, null);
    return { decision, last, pending: watched.pending, nextId: input.nextId };
  }
  // Knobs trimmed while a burst goes on are no new decision.
  if (last !== null && !fresh && watched.outcome === null && clearing(verdict.phase)) {
    const trimmed = { ...last, wanted: verdict.wanted };
    return { decision: assemble(trimmed, input, null), last: trimmed, pending: watched.pending, nextId: input.nextId };
  }
  const failed = watched.outcome?.held === false;
  const expectation = verdict.expectation ?? (failed && steady(verdict.phase) ? input.renewed() : null);
  const next: LastDecision = {
    id: input.nextId,
    monoMs: input.monoMs,
    phase: verdict.phase,
    kind: verdict.kind,
    reason: verdict.reason,
    wanted: verdict.wanted,
    expectation: watched.keep ? (watched.pending?.expectation ?? null) : expectation,
  };
  const pending = watched.keep || expectation === null ? watched.pending : watch(next.id, expectation);
  return { decision: assemble(next, input, watched.outcome), last: next, pending, nextId: input.nextId + 1 };
}

interface Watched {
  readonly pending: Pending | null;
  readonly outcome: Outcome | null;
  /** The earlier expectation stands for the new decision as well: knobs trimmed within one burst. */
  readonly keep: boolean;
}

function watchOn(input: DecideInput, moved: boolean): Watched {
  const { verdict, last } = input;
  if (input.pending === null || last === null) return { pending: null, outcome: null, keep: false };
  const pending = input.interval === null ? input.pending : follow(input.pending, input.interval);
  if (!judgeable(verdict.phase)) return { pending: null, outcome: null, keep: false };
  // Advice that nobody took, or a write that was refused, can neither come true nor fail to.
  if (last.wanted !== null && changes(input.knobs, last.wanted).length > 0) {
    return { pending: null, outcome: null, keep: false };
  }
  const clears = clearing(verdict.phase);
  const goesOn = clears ? last.phase === verdict.phase && last.kind === verdict.kind : steady(last.phase);
  const ended = input.monoMs >= pending.expectation.byMonoMs || !goesOn || (!clears && moved);
  if (!ended) {
    const vague = pending.expectation.ksmdCpuPct === null && typeof verdict.expectation?.ksmdCpuPct === 'number';
    return { pending, outcome: null, keep: clears && !vague };
  }
  // Growth that settled is no verdict on the burst, which goes on.
  const interrupted = clears && clearing(last.phase) && !goesOn;
  return { pending: null, outcome: interrupted ? null : judge(pending, input.savedBytes), keep: false };
}

function assemble(of: LastDecision, input: DecideInput, outcome: Outcome | null): Decision {
  return {
    id: of.id,
    monoMs: of.monoMs,
    phase: of.phase,
    reason: of.reason,
    wanted: of.wanted,
    changes: of.wanted === null ? [] : changes(input.knobs, of.wanted),
    estimates: input.estimates,
    expectation: of.expectation,
    outcome,
  };
}

export function changes(from: Knobs, to: Knobs): readonly KnobChange[] {
  const list: KnobChange[] = [];
  for (const knob of KNOB_NAMES) {
    const [present, wanted] = [from[knob], to[knob]];
    if (present === undefined || wanted === undefined || present === wanted) continue;
    list.push({ knob, from: present, to: wanted });
  }
  return list;
}

function sameKnobs(a: Knobs | null, b: Knobs | null): boolean {
  return a === null || b === null ? a === b : changes(a, b).length === 0;
}

/** Between rounds. */
function steady(phase: Phase): boolean {
  return phase === 'hold' || phase === 'stop';
}

/** Two full scans at the cap, whatever they are for. */
function clearing(phase: Phase): boolean {
  return phase === 'burst' || phase === 'track' || phase === 'probe';
}

function judgeable(phase: Phase): boolean {
  return steady(phase) || clearing(phase);
}
