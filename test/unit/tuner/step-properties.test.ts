import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actuate, noteActuation } from '../../../src/tuner/actuator.js';
import { MAX_PAGES_TO_SCAN, MAX_SLEEP_MS, MIN_SLEEP_MS } from '../../../src/tuner/knobs.js';
import { initialState, type TunerState } from '../../../src/tuner/state.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import { step } from '../../../src/tuner/step.js';
import type { Decision, Estimate, Knobs, Observation, TunerSettings } from '../../../src/tuner/types.js';

/** Sane, odd and impossible numbers: what a broken reader, an old kernel or a clock jump may deliver. */
const wild = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 10_000_000 }) },
  { weight: 2, arbitrary: fc.double() },
  fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e300, 2 ** 53, 2 ** 64),
);
const wildOrNull = fc.option(wild, { nil: null });
const knob = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 5000 }) }, wild);

const observation: fc.Arbitrary<Observation> = fc.record({
  monoMs: wild,
  ageMs: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 1500 }) }, wild),
  pageSize: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(4096, 16_384, 65_536) }, wild),
  memTotalBytes: wildOrNull,
  memAvailableBytes: wildOrNull,
  knobs: fc.record(
    {
      run: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0, 1, 2) }, wild),
      pages_to_scan: knob,
      sleep_millisecs: knob,
      smart_scan: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0, 1) }, wild),
    },
    { requiredKeys: ['run', 'pages_to_scan', 'sleep_millisecs'] },
  ),
  advisorMode: fc.constantFrom(null, 'none', 'none', 'none', 'scan-time', ''),
  pages_shared: wild,
  pages_sharing: wild,
  pages_unshared: wild,
  pages_volatile: wild,
  ksm_zero_pages: wildOrNull,
  pages_scanned: wildOrNull,
  pages_skipped: wildOrNull,
  full_scans: wild,
  cow_ksm: wildOrNull,
  ksmdCpuNs: wildOrNull,
  mergeableBytes: wildOrNull,
  mergeableProcesses: wildOrNull,
  entered: wildOrNull,
  cpuPressurePct: wildOrNull,
  memoryPressurePct: wildOrNull,
  brokenLifetimeSec: wildOrNull,
  rivals: fc.constantFrom<readonly string[]>([], [], [], ['ksmtuned'], ['mom', 'uksmd']),
});

const settings: fc.Arbitrary<TunerSettings> = fc.record({
  gibPerCore: wild,
  maxCpuPct: wild,
  minFullScanSec: wild,
  maxFullScanSec: wild,
  mayStart: fc.boolean(),
  mayStop: fc.boolean(),
  smartScan: fc.boolean(),
});

const tick = fc.record({
  observation,
  settings,
  mode: fc.constantFrom('observe', 'advise', 'auto', 'auto', 'auto'),
  paused: fc.constantFrom(false, false, false, true),
});

/** A host that makes sense most of the time, so that the policy gets past its guards. */
const hostTick = fc.record({
  seconds: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.constantFrom(0, 0.01, 5, 90, 500, -3)),
  cpuNs: fc.nat({ max: 1_000_000_000 }),
  scanned: fc.nat({ max: 400_000 }),
  skipped: fc.nat({ max: 400_000 }),
  fullScans: fc.constantFrom(0, 0, 0, 1, 2, 50, -1),
  breaks: fc.nat({ max: 10_000 }),
  sharing: fc.nat({ max: 1_000_000 }),
  unshared: fc.nat({ max: 1_000_000 }),
  offered: fc.option(fc.nat({ max: 3_000_000 }), { nil: null }),
  cpuReadable: fc.constantFrom(true, true, true, false),
  pressure: fc.nat({ max: 100 }),
  foreign: fc.constantFrom(false, false, false, false, false, false, false, false, true),
});

function expectSound(decision: Decision, present: Knobs): void {
  expect(decision.reason.length).toBeGreaterThan(10);
  expect(decision.reason).not.toMatch(/NaN|undefined|Infinity|null/);
  expect(Number.isSafeInteger(decision.id)).toBe(true);
  expect(decision.estimates.filter(unsound)).toEqual([]);
  const { wanted } = decision;
  if (wanted === null) {
    expect(decision.changes).toEqual([]);
    return;
  }
  expect([0, 1]).toContain(wanted.run);
  for (const change of decision.changes) {
    expect(change.from).toBe(present[change.knob]);
    expect(change.to).toBe(wanted[change.knob]);
    if (change.knob === 'run') expect([change.from, change.to].sort()).toEqual([0, 1]);
    if (change.knob === 'smart_scan') expect([change.from, change.to].sort()).toEqual([0, 1]);
    if (change.knob === 'pages_to_scan') {
      expect(Number.isInteger(change.to) && change.to >= 1 && change.to <= MAX_PAGES_TO_SCAN).toBe(true);
    }
    if (change.knob === 'sleep_millisecs') {
      expect(Number.isInteger(change.to) && change.to >= MIN_SLEEP_MS && change.to <= MAX_SLEEP_MS).toBe(true);
    }
  }
}

/** All of them are amounts, rates or shares: never below 0. */
function unsound({ value, plusMinus }: Estimate): boolean {
  return [value, plusMinus].some((figure) => figure !== null && !(Number.isFinite(figure) && figure >= 0));
}

test('whatever is observed and set: never throws, always a reason, changes always in range', () => {
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 12 }), (ticks) => {
      let state = initialState();
      for (const input of ticks) {
        const result = step({ ...input, state });
        expectSound(result.decision, input.observation.knobs);
        state = result.state;
      }
    }),
    { numRuns: 1500 },
  );
});

test('on hosts that misbehave now and then: sound decisions, ids that only rise, JSON-clean state', () => {
  let acted = 0;
  fc.assert(
    fc.property(fc.array(hostTick, { minLength: 5, maxLength: 60 }), (ticks) => {
      let state: TunerState = initialState();
      let lastId = 0;
      const knobs: Record<keyof Knobs, number> = { run: 0, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1 };
      const port = {
        read: (name: string) => knobs[name as keyof Knobs],
        write: (name: string, value: unknown) => {
          knobs[name as keyof Knobs] = Number(value);
        },
      };
      const sums = { mono: 1000, cpu: 0, scanned: 0, skipped: 0, full: 5, cow: 0 };
      for (const t of ticks) {
        sums.mono += t.seconds * 1000;
        sums.cpu += t.cpuNs;
        sums.scanned += t.scanned;
        sums.skipped += t.skipped;
        sums.full = Math.max(0, sums.full + t.fullScans);
        sums.cow += t.breaks;
        if (t.foreign) knobs.pages_to_scan += 1;
        const seen: Observation = {
          monoMs: Math.max(0, sums.mono),
          ageMs: 0,
          pageSize: 4096,
          memTotalBytes: null,
          memAvailableBytes: null,
          knobs: { ...knobs },
          advisorMode: 'none',
          pages_shared: Math.floor(t.sharing / 3),
          pages_sharing: t.sharing,
          pages_unshared: t.unshared,
          pages_volatile: 0,
          ksm_zero_pages: 0,
          pages_scanned: sums.scanned,
          pages_skipped: sums.skipped,
          full_scans: sums.full,
          cow_ksm: sums.cow,
          ksmdCpuNs: t.cpuReadable ? sums.cpu : null,
          mergeableBytes: t.offered === null ? null : t.offered * 4096,
          mergeableProcesses: null,
          entered: null,
          cpuPressurePct: t.pressure,
          memoryPressurePct: t.pressure / 10,
          rivals: [],
        };
        const result = step({
          observation: seen,
          state,
          settings: DEFAULT_TUNER_SETTINGS,
          mode: 'auto',
          paused: false,
        });
        expectSound(result.decision, seen.knobs);
        expect(result.decision.id).toBeGreaterThanOrEqual(lastId);
        expect(result.decision.id).toBeLessThanOrEqual(lastId + 1);
        lastId = result.decision.id;
        expect(JSON.parse(JSON.stringify(result.state))).toEqual(result.state);
        acted += result.decision.changes.length;
        const actuation = actuate(result.decision, port);
        expect(actuation.refused).toBeNull();
        state = noteActuation(result.state, actuation, seen.monoMs);
      }
    }),
    { numRuns: 500 },
  );
  expect(acted).toBeGreaterThan(1000);
});
