import { describe, expect, test } from 'vitest';
import { guardOf, initialGuard, updateGuard, type GuardInput, type GuardState } from '../../../src/tuner/guards.js';
import type { Mode, Observation } from '../../../src/tuner/types.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

function input(change: Partial<Observation>, mode: Mode = 'auto', mayStart = true): GuardInput {
  const observation = {
    ...new KsmSim().observe(),
    knobs: { run: 1, pages_to_scan: 100, sleep_millisecs: 20 },
    ...change,
  };
  return { observation, readAtMs: observation.monoMs, mode, paused: false, mayStart };
}

const kind = (guarded: GuardInput, state: GuardState = initialGuard): string | null =>
  guardOf(state, guarded)?.kind ?? null;

describe('each guard, its cure and its mode', () => {
  test('a quiet host is free', () => {
    expect(kind(input({}))).toBeNull();
  });

  test('observe', () => {
    expect(kind(input({}, 'observe'))).toBe('observe');
  });

  test('stale data', () => {
    expect(kind(input({ ageMs: 4999 }))).toBeNull();
    expect(kind(input({ ageMs: 5000 }))).toBe('stale');
    expect(kind(input({ ageMs: NaN }))).toBe('stale');
  });

  test('a rival forbids writing, not advice', () => {
    const guard = guardOf(initialGuard, input({ rivals: ['ksmtuned'] }));
    expect(guard?.reason).toContain('systemctl stop ksmtuned');
    expect(kind(input({ rivals: ['ksmtuned'] }, 'advise'))).toBeNull();
  });

  test("the kernel's advisor", () => {
    expect(guardOf(initialGuard, input({ advisorMode: 'scan-time' }))?.reason).toContain('advisor_mode');
    expect(kind(input({ advisorMode: null }))).toBeNull();
  });

  test('run=2 in every mode that has a policy', () => {
    const knobs = { run: 2, pages_to_scan: 100, sleep_millisecs: 20 };
    expect(kind(input({ knobs }))).toBe('unmerging');
    expect(kind(input({ knobs }, 'advise'))).toBe('unmerging');
  });

  test('run=0 without leave to start', () => {
    const knobs = { run: 0, pages_to_scan: 100, sleep_millisecs: 20 };
    expect(kind(input({ knobs }, 'auto', false))).toBe('may not start');
    expect(kind(input({ knobs }, 'auto', true))).toBeNull();
  });

  test('knobs that make no sense', () => {
    for (const run of [NaN, -1, 3, 0.5]) {
      expect(kind(input({ knobs: { run, pages_to_scan: 100, sleep_millisecs: 20 } }))).toBe('no counters');
    }
  });
});

describe('somebody else moves a knob', () => {
  const at = (monoMs: number, pages_to_scan: number, change: Partial<Observation> = {}): GuardInput =>
    input({ monoMs, knobs: { run: 1, pages_to_scan, sleep_millisecs: 20 }, ...change });

  test('yields for good, also when the value comes back', () => {
    let state = updateGuard(initialGuard, at(1000, 100));
    state = updateGuard(state, at(2000, 101));
    expect(kind(at(2000, 101), state)).toBe('yielded pages_to_scan went from 100 to 101');
    state = updateGuard(state, at(3000, 100));
    expect(kind(at(3000, 100), state)).not.toBeNull();
  });

  test('a reading older than our own write proves nothing', () => {
    const state: GuardState = {
      ...initialGuard,
      expected: { run: 1, pages_to_scan: 500, sleep_millisecs: 20 },
      expectedSinceMs: 2000,
    };
    expect(updateGuard(state, at(1999, 100)).yielded).toBeNull();
    expect(updateGuard(state, at(2001, 100)).yielded).not.toBeNull();
  });

  test('what moves beside a live rival is its business; the knobs count anew when it has gone', () => {
    let state = updateGuard(initialGuard, at(1000, 100));
    state = updateGuard(state, at(2000, 300, { rivals: ['ksmtuned'] }));
    state = updateGuard(state, at(3000, 300));
    expect(kind(at(3000, 300), state)).toBeNull();
    state = updateGuard(state, at(4000, 301));
    expect(kind(at(4000, 301), state)).not.toBeNull();
  });

  test("smart_scan that the settings left alone for a while is nobody's move; the other knobs are", () => {
    const seen = (monoMs: number, smart_scan?: number, pages_to_scan = 100): GuardInput =>
      input({
        monoMs,
        knobs: { run: 1, pages_to_scan, sleep_millisecs: 20, ...(smart_scan === undefined ? {} : { smart_scan }) },
      });
    let state = updateGuard(initialGuard, seen(1000, 1));
    state = updateGuard(state, seen(2000));
    state = updateGuard(state, seen(3000, 0));
    expect(state.yielded).toBeNull();
    expect(updateGuard(state, seen(4000, 0, 101)).yielded).toBe('pages_to_scan went from 100 to 101');
  });

  test('leaving auto and pausing forget it', () => {
    const yielded = { ...initialGuard, yielded: 'run went from 1 to 0' };
    expect(updateGuard(yielded, { ...at(1000, 100), mode: 'advise' })).toEqual(initialGuard);
    expect(updateGuard(yielded, { ...at(1000, 100), paused: true })).toEqual(initialGuard);
  });
});
