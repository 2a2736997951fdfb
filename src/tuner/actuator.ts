/**
 * Carries a decision out through a `KnobPort`: only differences, in an order in which no intermediate state scans more
 * than the old or the new one, never throwing. A refused write stops the rest.
 */

import { noteRefusal } from './guards.js';
import type { TunerState } from './state.js';
import type { Decision, KnobChange, KnobName, KnobPort } from './types.js';

export interface RefusedChange {
  readonly knob: KnobName;
  readonly to: number;
  /** One sentence, with the cure where the error has one. */
  readonly text: string;
  /** Somebody else had moved the knob since it was observed. */
  readonly movedMeanwhile: boolean;
  /** What the port threw; null when it was not asked to write. */
  readonly error: unknown;
}

export interface ActuationResult {
  readonly ofDecision: number;
  /** As written and read back, in order. */
  readonly written: readonly KnobChange[];
  /** Held the wanted value already, though they had been observed otherwise. */
  readonly alreadyThere: readonly KnobChange[];
  readonly refused: RefusedChange | null;
  /** Changes that were not tried after a refusal. */
  readonly notTried: readonly KnobName[];
}

export function actuate(decision: Decision, port: KnobPort): ActuationResult {
  const queue = inOrder(decision.changes);
  const written: KnobChange[] = [];
  const alreadyThere: KnobChange[] = [];
  for (const [index, change] of queue.entries()) {
    const refused = attempt(change, port, written, alreadyThere);
    if (refused !== null) {
      const notTried = queue.slice(index + 1).map((later) => later.knob);
      return { ofDecision: decision.id, written, alreadyThere, refused, notTried };
    }
  }
  return { ofDecision: decision.id, written, alreadyThere, refused: null, notTried: [] };
}

/**
 * A stop comes first and a start last. Of the other two, the sleep goes first when it grows: the pages, when they grow
 * as well, would meet the short sleep otherwise. When it shrinks it goes last: it wakes ksmd at once, which then finds
 * the new batch length.
 */
export function inOrder(list: readonly KnobChange[]): readonly KnobChange[] {
  const longerSleep = list.some((change) => change.knob === 'sleep_millisecs' && change.to > change.from);
  const rank = ({ knob, to }: KnobChange): number => {
    if (knob === 'run') return to === 0 ? 0 : 4;
    if (knob === 'pages_to_scan') return 2;
    return longerSleep ? 1 : 3;
  };
  return [...list].sort((a, b) => rank(a) - rank(b));
}

function attempt(
  change: KnobChange,
  port: KnobPort,
  written: KnobChange[],
  alreadyThere: KnobChange[],
): RefusedChange | null {
  const { knob, from, to } = change;
  try {
    const present = port.read(knob);
    if (present === to) {
      alreadyThere.push(change);
      return null;
    }
    if (present !== from) {
      return { knob, to, text: `${knob} went from ${from} to ${present}`, movedMeanwhile: true, error: null };
    }
    port.write(knob, to);
    written.push(change);
    return null;
  } catch (error) {
    return { knob, to, text: sentence(knob, to, error), movedMeanwhile: false, error };
  }
}

/** `CODE: what failed. Hint: the cure` where the error knows how to say so (KsmpilotError does). */
function sentence(knob: KnobName, to: number, error: unknown): string {
  const said = error instanceof Error ? error.toString() : 'the port failed without an error.';
  return `writing ${to} to ${knob} failed: ${/[.!?]$/.test(said) ? said : `${said}.`}`;
}

/**
 * Tells the tuner what became of its decision; without it the next tick takes our own writes for somebody else's.
 *
 * @param monoMs monotonic milliseconds after the last write, on the clock of `Observation.monoMs`
 */
export function noteActuation(state: TunerState, result: ActuationResult, monoMs: number): TunerState {
  const { guard } = state;
  const { refused, written, alreadyThere } = result;
  if (guard.expected === null) return state;
  const expected = { ...guard.expected };
  for (const { knob, to } of [...written, ...alreadyThere]) expected[knob] = to;
  const noted = { ...guard, expected, expectedSinceMs: monoMs };
  if (refused === null) return { ...state, guard: { ...noted, refused: null, refusals: 0 } };
  if (refused.movedMeanwhile) return { ...state, guard: { ...noted, yielded: refused.text } };
  return { ...state, guard: noteRefusal(noted, refused.text, monoMs) };
}
