import { expect, it } from 'vitest';
import { EMPTY_TALLY, tallied } from '../../../../src/agent/model/decision-tally.js';
import type { RecordedDecision } from '../../../../src/agent/model/event.js';
import type { Decision } from '../../../../src/tuner/types.js';

function recorded(phase: Decision['phase'], more: Partial<Decision> & { written?: boolean } = {}): RecordedDecision {
  const { written = false, ...rest } = more;
  const decision: Decision = {
    id: 1,
    monoMs: 0,
    phase,
    reason: 'Because.',
    wanted: null,
    changes: [],
    estimates: [],
    expectation: null,
    outcome: null,
    ...rest,
  };
  return { decision, timeMs: 0, written };
}

const CHANGES = [{ knob: 'run', from: 0, to: 1 }] as const;
const outcome = (held: boolean) => ({ ofDecision: 1, held, text: 'So.' });

it('counts decisions by phase, those that were written, and what came of expectations', () => {
  const tally = [
    recorded('burst', { changes: CHANGES, written: true }),
    recorded('burst', { changes: CHANGES }),
    recorded('burst', { written: true }),
    recorded('hold', { changes: CHANGES, written: true, outcome: outcome(true) }),
    recorded('hold', { outcome: outcome(true) }),
    recorded('stop', { outcome: outcome(false) }),
  ].reduce(tallied, EMPTY_TALLY);
  expect(tally.phases).toEqual({
    ...EMPTY_TALLY.phases,
    // Nothing was to be changed in the third: nothing was written.
    burst: { decisions: 3, written: 1 },
    hold: { decisions: 2, written: 1 },
    stop: { decisions: 1, written: 0 },
  });
  expect(tally).toMatchObject({ held: 2, missed: 1 });
});

it('has every phase before the first decision', () => {
  expect(Object.keys(EMPTY_TALLY.phases)).toHaveLength(8);
  for (const count of Object.values(EMPTY_TALLY.phases)) expect(count).toEqual({ decisions: 0, written: 0 });
});
