/** How often the tuner decided what since the agent's start, and how often it foresaw right: what monitoring counts. Pure. */

import type { Phase } from '../../tuner/types.js';
import type { RecordedDecision } from './event.js';

export interface PhaseCount {
  readonly decisions: number;
  /** Of these, the ones whose changes were written to the knobs. */
  readonly written: number;
}

export interface DecisionTally {
  readonly phases: Readonly<Record<Phase, PhaseCount>>;
  /** Expectations that came true, and that did not. Those that were given up without a verdict are in neither. */
  readonly held: number;
  readonly missed: number;
}

const NONE: PhaseCount = { decisions: 0, written: 0 };

/** Every phase is there from the start, so that the first decision of one is seen as growth. */
export const EMPTY_TALLY: DecisionTally = {
  phases: {
    learning: NONE,
    burst: NONE,
    probe: NONE,
    track: NONE,
    hold: NONE,
    stop: NONE,
    'hands-off': NONE,
    paused: NONE,
  },
  held: 0,
  missed: 0,
};

export function tallied(tally: DecisionTally, { decision, written }: RecordedDecision): DecisionTally {
  const { phase, changes, outcome } = decision;
  const before = tally.phases[phase];
  const wrote = written && changes.length > 0;
  return {
    phases: {
      ...tally.phases,
      [phase]: { decisions: before.decisions + 1, written: before.written + (wrote ? 1 : 0) },
    },
    held: tally.held + (outcome?.held === true ? 1 : 0),
    missed: tally.missed + (outcome?.held === false ? 1 : 0),
  };
}
