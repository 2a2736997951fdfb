import { describe, expect, it } from 'vitest';
import { planGiveBack, type GiveBackInput } from '../../../src/agent/give-back.js';
import type { Baseline, KnobValues } from '../../../src/agent/model/knobs.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import type { TunerSettings } from '../../../src/tuner/types.js';

const FOUND: KnobValues = { run: 1, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1 };
/** Auto mode holds smart_scan, and has stopped ksmd. */
const OURS: KnobValues = { run: 0, pages_to_scan: 700, sleep_millisecs: 60, smart_scan: 0 };

function plan(after: Partial<TunerSettings>, change: Partial<GiveBackInput> = {}): [string, number, number][] {
  const baseline: Baseline = { bootId: 'b', savedAtMs: 0, knobs: FOUND, written: OURS };
  const before = DEFAULT_TUNER_SETTINGS;
  return planGiveBack({ baseline, current: OURS, before, after: { ...before, ...after }, ...change }).map(
    ({ knob, from, to }) => [knob, from, to],
  );
}

describe('planGiveBack', () => {
  it('gives smart_scan back when smartScan goes off', () =>
    expect(plan({ smartScan: false })).toEqual([['smart_scan', 0, 1]]));
  it('starts what it could not start later when mayStart goes off', () =>
    expect(plan({ mayStart: false })).toEqual([['run', 0, 1]]));
  it('leaves run alone while the tuner may still start it', () => expect(plan({ mayStop: false })).toEqual([]));
  it('stops what it started when mayStart goes off', () => {
    const baseline = { bootId: 'b', savedAtMs: 0, knobs: { ...FOUND, run: 0 }, written: { ...OURS, run: 1 } };
    expect(plan({ mayStart: false }, { baseline, current: { ...OURS, run: 1 } })).toEqual([['run', 1, 0]]);
  });
  it('gives nothing back for a price, nor twice', () => {
    expect(plan({ gibPerCore: 4 })).toEqual([]);
    const before = { ...DEFAULT_TUNER_SETTINGS, smartScan: false };
    expect(plan({ smartScan: false }, { before })).toEqual([]);
  });
  it('leaves what somebody else has moved since', () =>
    expect(plan({ smartScan: false, mayStart: false }, { current: { ...OURS, smart_scan: 7, run: 1 } })).toEqual([]));
  it('knows a write that was begun and perhaps not done', () => {
    const baseline = { bootId: 'b', savedAtMs: 0, knobs: FOUND, written: OURS, previous: { smart_scan: 3 } };
    expect(plan({ smartScan: false }, { baseline, current: { ...OURS, smart_scan: 3 } })).toEqual([
      ['smart_scan', 3, 1],
    ]);
  });
});
