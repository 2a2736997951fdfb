import { describe, expect, it } from 'vitest';
import type { Decision__Output } from '../../../../../../proto/generated/ksmpilot/v1/Decision.js';
import { decisionEntries, expectationWords, keptOf } from '../../../../../../web/page/views/tuner/decision-entries.js';

function decision(id: number, part: Partial<Decision__Output> = {}): Decision__Output {
  const base = {
    phase: 'hold',
    reason: 'r',
    changes: [],
    written: true,
    estimates: [],
    expectation: null,
    outcome: null,
  };
  return { id, time_ms: id * 1_000, ...base, ...part };
}

const MOVE = { changes: [{ knob: 'run', from: '0', to: '1' }], phase: 'burst' };
const EXPECTS = { expectation: { by_time_ms: 0, ksmd_cpu_pct: 4 } };

describe('the log of decisions', () => {
  it('puts what came of a decision beside it, and not beside the one that told', () => {
    const held = { of_decision: 1, held: true, text: 'as said' };
    const entries = decisionEntries([decision(1, { ...MOVE, ...EXPECTS }), decision(2, { outcome: held })], 10);
    expect(entries.map(({ decision: { id }, outcome }) => [id, outcome?.text])).toEqual([
      [2, undefined],
      [1, 'as said'],
    ]);
    expect(entries[1]).toMatchObject({ moves: 'run 0 → 1', expects: 'Expects ksmd 4.0 %.', isOpen: false });
  });

  it('finds it also where the decision is one of a line of repeats', () => {
    const outcome = { of_decision: 2, held: false, text: 'no' };
    const entries = decisionEntries(
      [decision(1), decision(2, EXPECTS), decision(3), decision(4, { ...MOVE, outcome })],
      10,
    );
    expect(entries).toHaveLength(2);
    expect(entries[1]).toMatchObject({ times: 3, outcome: { text: 'no' } });
  });

  it('says what is not known yet', () => {
    expect(decisionEntries([decision(1, EXPECTS)], 10)[0]).toMatchObject({ isOpen: true, outcome: undefined });
    expect(decisionEntries([decision(1)], 10)[0]).toMatchObject({ isOpen: false, expects: '', moves: '' });
  });

  it('is bounded', () => {
    const many = Array.from({ length: 50 }, (_, id) => decision(id + 1, MOVE));
    expect(decisionEntries(many, 10)).toHaveLength(10);
  });
});

it('counts what came true', () => {
  const told = [true, true, false].map((held, index) =>
    decision(index, { outcome: { of_decision: 0, held, text: '' } }),
  );
  expect(keptOf([...told, decision(9)])).toEqual({ held: 2, missed: 1 });
});

it('puts an expectation into words', () => {
  expect(expectationWords({ by_time_ms: 0 })).toBe('Expects no change.');
  expect(expectationWords({ by_time_ms: 0, full_scan_sec: 12, saved_bytes: 1024 ** 3 })).toBe(
    'Expects full scan 12 s, saved 1.00 GiB.',
  );
});
