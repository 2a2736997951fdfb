import { describe, expect, test } from 'vitest';
import { decide, type DecideInput, type Decided, type Verdict } from '../../../src/tuner/decision.js';

const knobs = { run: 1, pages_to_scan: 100, sleep_millisecs: 20 };
const holding: Verdict = { phase: 'hold', kind: 'near', reason: 'Hold: first.', wanted: knobs, expectation: null };
const second = { seconds: 1, cpuSec: 0.1, scanned: 1000, skipped: 0, fullScans: 0, breaks: 0, savedDelta: 0 };

function input(verdict: Verdict, before?: Decided, change: Partial<DecideInput> = {}): DecideInput {
  return {
    verdict,
    monoMs: 0,
    interval: second,
    // Carried out since.
    knobs: before?.last.wanted ?? knobs,
    savedBytes: 0,
    estimates: [],
    last: before?.last ?? null,
    pending: before?.pending ?? null,
    nextId: before?.nextId ?? 1,
    renewed: () => null,
    ...change,
  };
}

test('the same again keeps number, sentence and time; changes are against the knobs of now', () => {
  const first = decide(input(holding));
  const again = decide(
    input({ ...holding, reason: 'Hold: other words.' }, first, { monoMs: 9000, knobs: { ...knobs, pages_to_scan: 5 } }),
  );
  expect(again.decision).toMatchObject({ id: 1, monoMs: 0, reason: 'Hold: first.' });
  expect(again.decision.changes).toEqual([{ knob: 'pages_to_scan', from: 5, to: 100 }]);
});

test.each([
  ['phase', { phase: 'stop' }],
  ['kind', { kind: 'waiting' }],
  ['knobs', { wanted: { ...knobs, pages_to_scan: 200 } }],
  ['no opinion any more', { wanted: null }],
] as const)('a new %s makes a new number', (_what, change) => {
  const first = decide(input(holding));
  expect(decide(input({ ...holding, ...change }, first)).decision.id).toBe(2);
});

const moving: Verdict = {
  phase: 'hold',
  kind: 'watch',
  reason: 'Hold: faster.',
  wanted: { ...knobs, pages_to_scan: 900 },
  expectation: { ksmdCpuPct: 10, fullScanSec: null, savedBytes: null, byMonoMs: 10_000 },
};
const expectNothing = { ksmdCpuPct: null, fullScanSec: null, savedBytes: null };

function untilJudged(cpuSec: number, renewed: DecideInput['renewed'] = () => null): Decided {
  let state = decide(input(moving));
  for (let ms = 1000; ms <= 10_000; ms += 1000) {
    const interval = { ...second, cpuSec };
    state = decide(input({ ...holding, wanted: moving.wanted }, state, { monoMs: ms, interval, renewed }));
  }
  return state;
}

test('an outcome makes a new number, once, and then it is quiet', () => {
  const judged = untilJudged(0.1);
  expect(judged.decision).toMatchObject({ id: 3, phase: 'hold', outcome: { ofDecision: 1, held: true } });
  const later = decide(input({ ...holding, wanted: moving.wanted }, judged, { monoMs: 11_000 }));
  expect(later.decision).toMatchObject({ id: 3, outcome: null });
  expect(later.pending).toBeNull();
});

test('what did not come true is followed by a new expectation', () => {
  const renewed = { ksmdCpuPct: 50, fullScanSec: null, savedBytes: null, byMonoMs: 99_000 };
  const judged = untilJudged(0.5, () => renewed);
  expect(judged.decision.outcome?.held).toBe(false);
  expect(judged.decision.expectation).toEqual(renewed);
  expect(judged.pending?.ofDecision).toBe(judged.decision.id);
});

test('a guard drops the expectation without a verdict', () => {
  const first = decide(input(moving));
  const guarded = decide(
    input({ phase: 'hands-off', kind: 'stale', reason: 'Hands off.', wanted: null, expectation: null }, first),
  );
  expect(guarded.decision).toMatchObject({ id: 2, outcome: null, changes: [] });
  expect(guarded.pending).toBeNull();
});

test('advice that is not followed gets no verdict', () => {
  let state = decide(input(moving));
  for (let ms = 1000; ms <= 30_000; ms += 1000) state = decide(input(moving, state, { monoMs: ms, knobs }));
  expect(state.decision).toMatchObject({ id: 1, outcome: null });
});

describe('within one burst', () => {
  const burst: Verdict = { ...moving, phase: 'burst', kind: 'growth', reason: 'Burst: first.' };
  const trim: Partial<Verdict> = { wanted: knobs, reason: 'Burst: other words.' };

  test.each(['burst', 'track', 'probe'] as const)('trimmed knobs are no new decision: %s', (phase) => {
    const first = decide(input({ ...burst, phase }));
    const expectation = { ksmdCpuPct: 20, fullScanSec: null, savedBytes: null, byMonoMs: 1 };
    const trimmed = decide(input({ ...burst, ...trim, phase, expectation }, first, { monoMs: 1000 }));
    expect(trimmed.decision).toMatchObject({ id: 1, monoMs: 0, reason: 'Burst: first.', wanted: knobs });
    expect(trimmed.decision.expectation).toEqual(burst.expectation);
    expect(trimmed.pending?.ofDecision).toBe(1);
  });

  test('they are carried out all the same, and not taken for a move of somebody else', () => {
    const first = decide(input(burst));
    const trimmed = decide(input({ ...burst, ...trim }, first));
    expect(trimmed.decision.changes).toEqual([{ knob: 'pages_to_scan', from: 900, to: 100 }]);
    const next = decide(input({ ...burst, ...trim }, trimmed));
    expect(next.decision).toMatchObject({ id: 1, changes: [] });
    expect(next.pending?.ofDecision).toBe(1);
  });

  test('its end is a new one, with the verdict on it', () => {
    let state = decide(input({ ...burst, expectation: { ...expectNothing, savedBytes: 1000, byMonoMs: 90_000 } }));
    for (let ms = 1000; ms <= 5000; ms += 1000) state = decide(input({ ...burst, ...trim }, state, { monoMs: ms }));
    const wanted = { ...knobs, run: 0 };
    const rest: Verdict = { phase: 'hold', kind: 'rest', reason: 'Hold: done.', wanted, expectation: null };
    const ended = decide(input(rest, state, { monoMs: 6000, savedBytes: 900 }));
    expect(ended.decision).toMatchObject({ id: 2, phase: 'hold', outcome: { ofDecision: 1, held: true } });
  });

  test('growth that settled, or a new cause, is a new one; the burst goes on and gets no verdict', () => {
    let state = decide(input({ ...burst, kind: 'growing' }));
    for (let ms = 1000; ms <= 5000; ms += 1000) {
      state = decide(input({ ...burst, ...trim, kind: 'growing' }, state, { monoMs: ms }));
    }
    const settled = decide(input({ ...burst, ...trim }, state, { monoMs: 6000 }));
    expect(settled.decision).toMatchObject({ id: 2, outcome: null });
  });
});
