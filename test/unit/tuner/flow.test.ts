import { describe, expect, test } from 'vitest';
import {
  flow,
  initialFlow,
  MAX_LIFETIME_SEC,
  updateFlow,
  type FlowContext,
  type FlowState,
} from '../../../src/tuner/flow.js';
import { knownPages, lapse, takeReading } from '../../../src/tuner/reading.js';
import { scansWalked, trueSaving, updateSaving } from '../../../src/tuner/saving.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

const SAVED = 100_000;
const context: FlowContext = { savedPages: SAVED, mergeablePages: 200_000 };

function ticks(count: number, savedDelta: number, breaks: number | null, from: FlowState = initialFlow) {
  let state = from;
  const interval = { seconds: 1, cpuSec: 0.01, scanned: 10_000, skipped: 0, fullScans: 0, breaks, savedDelta };
  for (let i = 0; i < count; i++) state = updateFlow(state, interval, context);
  return state;
}

test("the lifetime is Little's law", () => {
  const f = flow(ticks(600, 0, 200), true);
  // A full scan takes 20 s, so 10 s of breaks are in the gauges still.
  expect(f.unnoticed?.value).toBeCloseTo(2000, -1);
  expect(f.lifetimeSec).toBeCloseTo((SAVED - 2000) / 200, -1);
  expect(f.hazard?.value).toBeCloseTo(1 / f.lifetimeSec, 8);
  expect(f.breakRate).toBeCloseTo(200, 5);
});

test('no breaks seen: a long life; breaks not counted by this kernel: a guess, and no rate', () => {
  expect(flow(ticks(600, 0, 0), true).lifetimeSec).toBe(MAX_LIFETIME_SEC);
  expect(flow(ticks(600, 0, null), false)).toEqual({
    breakRate: null,
    breakRatePlusMinus: null,
    hazard: null,
    unnoticed: null,
    lifetimeSec: 600,
    lifetimePlusMinus: null,
  });
});

test('before any data an hour is supposed, with as much doubt', () => {
  expect(flow(initialFlow, true)).toMatchObject({ breakRate: 0, lifetimeSec: 3600, lifetimePlusMinus: 3600 });
});

test('all of it breaks within a second: the shortest lifetime there is', () => {
  expect(flow(ticks(600, 0, 1e6), true).lifetimeSec).toBe(1);
});

test('the present break rate follows within a minute, the hazard within half an hour', () => {
  const calm = ticks(600, 0, 200);
  const wild = ticks(60, 0, 2000, calm);
  expect(flow(wild, true).breakRate).toBeGreaterThan(0.8 * 2000);
  expect(flow(wild, true).hazard?.value).toBeLessThan(3 * (flow(calm, true).hazard?.value ?? 0));
  expect(flow(ticks(60, 0, 0, wild), true).breakRate).toBeLessThan(0.2 * 2000);
});

describe('page by page', () => {
  /** Four copies of a content set; a part of the pages is rewritten each second, and gets its content back later. */
  function churn(knobs: { pages_to_scan: number; sleep_millisecs: number }, seconds: number) {
    const PAGES = 4000;
    const sim = new KsmSim();
    const guests = [0, 1, 2, 3].map((n) => sim.addGuest(`g${n}`, PAGES, (i) => i));
    sim.set('pages_to_scan', 100_000);
    sim.set('run', 1);
    sim.advance(1);
    sim.set('pages_to_scan', knobs.pages_to_scan);
    sim.set('sleep_millisecs', knobs.sleep_millisecs);
    const start = takeReading(sim.observe());
    let reading = start;
    let state = initialFlow;
    let merges = 0;
    let worst = 0;
    const back: { at: number; guest: number; page: number }[] = [];
    for (let second = 1; second <= seconds; second++) {
      for (let n = 0; n < 20; n++) {
        const at = (Math.imul(second * 20 + n, 2_654_435_761) >>> 0) % (4 * PAGES);
        const page = guests[at % 4]?.pages[at >> 2];
        if (page !== undefined) sim.write(page);
        back.push({ at: second + 20, guest: at % 4, page: at >> 2 });
      }
      while ((back[0]?.at ?? Infinity) <= second) {
        const due = back.shift();
        const page = guests[due?.guest ?? 0]?.pages[due?.page ?? 0];
        if (page !== undefined) sim.write(page, due?.page);
      }
      sim.advance(1);
      const observation = sim.observe();
      const next = takeReading(observation);
      if (next === null) throw new Error('unreadable');
      const gap = lapse(reading, next, () => 0);
      reading = next;
      if (gap.kind !== 'interval') continue;
      const before = state;
      const mergeablePages = knownPages(observation);
      state = updateFlow(state, gap.interval, { savedPages: next.savedPages, mergeablePages });
      merges += updateSaving(
        before.saving,
        gap.interval,
        next.savedPages,
        scansWalked(gap.interval, mergeablePages),
      ).merges;
      // All mappings but one of each KSM page that has any.
      const mapped = sim.guests.flatMap((g) => g.pages).filter((p) => p.mergedTo !== -1);
      const truth = mapped.length - new Set(mapped.map((p) => p.mergedTo)).size;
      const { value } = trueSaving(state.saving, next.gauges);
      worst = Math.max(worst, Math.abs(value - truth) / next.savedPages);
      expect(value).toBeLessThanOrEqual(next.savedPages + 1e-6);
    }
    return { sim, state, merges, worst, start, end: reading };
  }

  test.each([
    ['two full scans a second', { pages_to_scan: 800, sleep_millisecs: 20 }],
    ['one in ten seconds', { pages_to_scan: 40, sleep_millisecs: 20 }],
    ['one in two minutes', { pages_to_scan: 100, sleep_millisecs: 750 }],
    ['one in half an hour', { pages_to_scan: 100, sleep_millisecs: 11_000 }],
  ])('%s: the true saving is known at once, and merges are neither invented nor lost', (_name, knobs) => {
    const { sim, merges, worst, start, end } = churn(knobs, 600);
    expect(worst).toBeLessThan(0.04);
    // Merged pages at the end less those at the start, and all breaks: what was really merged meanwhile.
    const counted = (end?.savedPages ?? 0) - (start?.savedPages ?? 0) + sim.cow;
    const broken = sim.guests.flatMap((g) => g.pages).filter((p) => p.counted && p.mergedTo === -1).length;
    expect(Math.abs(merges - (counted - broken))).toBeLessThan(0.02 * sim.cow + 40);
  });

  test('with run at 0 nothing merges, however much breaks', () => {
    const { sim, state, merges } = churn({ pages_to_scan: 1, sleep_millisecs: 1_000_000_000 }, 300);
    expect(sim.cow).toBeGreaterThan(4000);
    expect(merges).toBeLessThan(1);
    expect(flow(state, true).unnoticed?.value).toBeCloseTo(sim.cow, -1);
  });
});
