import { expect, test } from 'vitest';
import { decide, type DecideInput, type Decided, type Verdict } from '../../../src/tuner/decision.js';

const knobs = { run: 1, pages_to_scan: 100, sleep_millisecs: 20 };
const holding: Verdict = { phase: 'hold', kind: 'near', reason: 'Hold: first.', wanted: knobs, expectation: null };
const second = { seconds: 1, cpuSec: 0.1, scanned: 1000, skipped: 0, fullScans: 0, breaks: 0, savedDelta: 0 };

function input(verdict: Verdict, before?: Decided, change: Partial<DecideInput> = {}): DecideInput {
  return {
    verdict,
    monoMs: 0,
    interval: second,
    knobs,
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
  phase: 'track',
  kind: 'move',
  reason: 'Track: faster.',
  wanted: { ...knobs, pages_to_scan: 900 },
  expectation: { ksmdCpuPct: 10, fullScanSec: null, savedBytes: null, byMonoMs: 10_000 },
};

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

test('knobs trimmed within one burst keep the expectation of its start', () => {
  const burst: Verdict = { ...moving, phase: 'burst', kind: 'clearing' };
  const first = decide(input(burst));
  const trimmed = decide(
    input(
      { ...burst, wanted: knobs, expectation: { ksmdCpuPct: 20, fullScanSec: null, savedBytes: null, byMonoMs: 1 } },
      first,
    ),
  );
  expect(trimmed.decision.id).toBe(2);
  expect(trimmed.decision.expectation).toEqual(burst.expectation);
  expect(trimmed.pending?.ofDecision).toBe(1);
});
