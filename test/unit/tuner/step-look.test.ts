/** What the tuner does where scanning does not pay by itself: rests, looks, and smart_scan held at 0. */
import { describe, expect, test } from 'vitest';
import { scaledCosts, USUAL_COSTS } from '../../../src/tuner/sim/costs.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import { bestInterval } from '../../../src/tuner/track.js';
import type { Decision, TunerSettings } from '../../../src/tuner/types.js';
import { chance } from '../../helpers/chance.js';
import { TunerLoop } from '../../helpers/tuner-loop.js';

const COSTS = scaledCosts(USUAL_COSTS, 5);
const PAGES = 3000;
const own = (): undefined => undefined;
const image = (index: number): number => index;

/** All mappings but one of each KSM page that has any: the gauges still count what broke. */
function trulySaved(sim: KsmSim): number {
  const mapped = sim.guests.flatMap(({ pages }) => pages).filter(({ mergedTo }) => mergedTo !== -1);
  return mapped.length - new Set(mapped.map(({ mergedTo }) => mergedTo)).size;
}

function idleHost(costs = COSTS): KsmSim {
  const sim = new KsmSim(costs);
  for (let n = 0; n < 3; n++) sim.addGuest(`g${n}`, PAGES, own);
  return sim;
}

/** Two sets of pages that grew old four full scans apart, and then become the same: with smart_scan they never meet. */
function agedApart(): KsmSim {
  const sim = new KsmSim(COSTS);
  sim.knobs = { run: 1, pages_to_scan: 100_000, sleep_millisecs: 4, smart_scan: 1 };
  const scans = (count: number): void => {
    const until = sim.fullScans + count;
    while (sim.fullScans < until) sim.advance(0.02);
  };
  sim.addGuest('first', PAGES, own);
  scans(4);
  sim.addGuest('second', PAGES, own);
  scans(40);
  for (const guest of sim.guests) guest.pages.forEach((page, index) => sim.write(page, index));
  return sim;
}

describe('rest', () => {
  test('a host with nothing to gain: two full scans, one more to confirm it, then run is 0', () => {
    const sim = idleHost();
    const loop = new TunerLoop(sim);
    loop.run(60);
    expect(sim.knobs.run).toBe(0);
    expect(sim.knobs.smart_scan).toBe(1);
    expect(loop.meanCpu(40)).toBe(0);
    expect(loop.log.at(-1)?.reason).toMatch(/run (goes to|stays) 0.*next look is in/);
  });

  test('that nothing is scanned any more is what the decision expects, and its outcome says so', () => {
    const loop = new TunerLoop(idleHost());
    loop.run(150);
    const stop = loop.log.find((d) => d.changes.some(({ knob, to }) => knob === 'run' && to === 0));
    expect(stop?.expectation?.ksmdCpuPct).toBe(0);
    const outcome = loop.log.map((d) => d.outcome).find((o) => o?.ofDecision === stop?.id);
    expect(outcome?.held).toBe(true);
  });

  test('a guest that starts ends it', () => {
    const sim = idleHost();
    const loop = new TunerLoop(sim);
    loop.run(60);
    sim.addGuest('a', PAGES, image);
    sim.addGuest('b', PAGES, image);
    loop.run(15);
    expect(sim.sharingPages).toBe(sim.reachable());
    loop.run(120);
    expect(sim.sharingPages).toBe(sim.reachable());
  });

  test.each([{ mayStop: false }, { mayStart: false }])('not with %o', (settings) => {
    const sim = idleHost();
    sim.set('run', 1);
    const loop = new TunerLoop(sim, settings);
    loop.run(120);
    expect(sim.knobs.run).toBe(1);
    expect(loop.meanCpu(60)).toBeLessThan(0.005);
  });

  test('in advise mode it is advice', () => {
    const sim = idleHost();
    sim.set('run', 1);
    const loop = new TunerLoop(sim);
    loop.mode = 'advise';
    loop.run(400);
    expect(sim.knobs.run).toBe(1);
    expect(loop.log.at(-1)?.wanted?.run).toBe(0);
    expect(loop.log.length).toBeLessThan(12);
  });
});

describe('rounds', () => {
  /** Fifty pages a second are written with what they hold already: they break, and are mergeable again at once. */
  function steady(settings: Partial<TunerSettings> = {}): { sim: KsmSim; loop: TunerLoop; late: Decision[] } {
    const sim = new KsmSim(USUAL_COSTS);
    const guests = [0, 1, 2].map((n) => sim.addGuest(`g${n}`, PAGES, image));
    const random = chance(7);
    const loop = new TunerLoop(sim, settings);
    loop.run(1500, () => {
      for (let n = 0; n < 50; n++) {
        const page = guests[n % 3]?.pages[Math.floor(random() * PAGES)];
        if (page !== undefined) sim.write(page, page.content);
      }
    });
    return { sim, loop, late: loop.log.filter(({ monoMs }) => monoMs > 500_000) };
  }

  test('two visits at the cap, then run is 0 until the next; the time between follows from what they found', () => {
    const { sim, late } = steady();
    expect(new Set(late.map(({ phase }) => phase))).toEqual(new Set(['track', 'hold']));
    const starts = late.filter(({ phase }) => phase === 'track').map(({ monoMs }) => monoMs / 1000);
    expect(starts.length).toBeGreaterThan(5);
    const { everySec } = bestInterval({
      roundCpuSec: 2 * (late.at(-1)?.estimates.find(({ name }) => name === 'full_scan_cpu')?.value ?? NaN),
      worth: 4096 / 2 ** 30 / DEFAULT_TUNER_SETTINGS.gibPerCore,
      // A break costs a page of saving while another copy is merged: mostly.
      arrivals: 42,
      lifetimeSec: (3 * PAGES) / 50,
      breakRate: null,
      brokenLifetimeSec: null,
      shortestSec: 2,
      longestSec: 600,
    });
    for (const [n, at] of starts.slice(1).entries()) {
      expect(Math.abs(Math.log2((at - (starts[n] ?? NaN)) / (everySec ?? NaN)))).toBeLessThan(0.35);
    }
    expect(trulySaved(sim)).toBeGreaterThan(0.3 * sim.reachable());
  });

  test('most of what there is to save is saved most of the time, for a thousandth of a core', () => {
    const { sim, loop } = steady();
    const saved: number[] = [];
    for (let second = 0; second < 300; second++) {
      loop.tick();
      saved.push(trulySaved(sim));
    }
    expect(saved.reduce((sum, pages) => sum + pages, 0) / saved.length).toBeGreaterThan(0.6 * sim.reachable());
    expect(loop.meanCpu(500)).toBeLessThan(0.001);
  });

  test('a round says how often one pays best; a rest says when the next comes', () => {
    const { late } = steady();
    const sentences = (of: string): readonly string[] =>
      late.filter(({ phase }) => phase === of).map(({ reason }) => reason);
    for (const reason of sentences('track')) {
      expect(reason).toMatch(/^Track: .* pages\/s become mergeable .* a round every .* pays best, and one is due;/);
    }
    expect(sentences('hold').some((reason) => /^Done\. Hold: a round every .*run goes to 0/.test(reason))).toBe(true);
    expect(sentences('hold').every((reason) => reason.includes('The next round is in '))).toBe(true);
  });

  test('each round is one decision, however its knobs are trimmed; the rest after it comes true', () => {
    const { late } = steady();
    expect(late.some(({ phase }, n) => phase === 'track' && late[n + 1]?.phase === 'track')).toBe(false);
    const outcomes = late.map(({ outcome }) => outcome).filter((outcome) => outcome !== null);
    expect(outcomes.length).toBeGreaterThan(5);
    expect(outcomes.every(({ held }) => held)).toBe(true);
  });

  test('where ksmd may not stand still a watch goes on between rounds, at 0.25 % of a core at most', () => {
    const { sim, loop, late } = steady({ mayStop: false });
    expect(sim.knobs.run).toBe(1);
    expect(loop.log.every(({ wanted }) => wanted === null || wanted.run === 1)).toBe(true);
    const watching = late.filter(({ phase }) => phase === 'hold');
    expect(watching.length).toBeGreaterThan(3);
    expect(watching.at(-1)?.reason).toContain('the settings keep run at 1');
    const between = [...loop.cpu.slice(500)].sort((a, b) => a - b);
    expect(between[Math.floor(between.length / 2)]).toBeLessThan(0.003);
  });
});

describe('smart_scan', () => {
  test('pages that aged apart meet in the first two full scans after taking over; then it is 1 again', () => {
    const sim = agedApart();
    sim.advance(60);
    expect(sim.sharingPages).toBeLessThan(PAGES / 10);
    const loop = new TunerLoop(sim);
    loop.run(90);
    expect(sim.sharingPages).toBe(PAGES);
    expect(sim.knobs.smart_scan).toBe(1);
    const held = loop.log.find((d) => d.changes.some(({ knob, to }) => knob === 'smart_scan' && to === 0));
    expect(held?.phase).toBe('probe');
    expect(held?.reason).toContain('smart_scan is 0');
  });

  test('also where ksmd was stopped between the two sets, which no full scan from there has in one tree', () => {
    const sim = agedApart();
    const { fullScans } = sim;
    sim.set('pages_to_scan', 100);
    while (sim.fullScans === fullScans) sim.advance(0.005);
    const from = sim.scanned + sim.skipped;
    while (sim.scanned + sim.skipped - from < PAGES) sim.advance(0.005);
    sim.set('run', 0);
    const loop = new TunerLoop(sim);
    loop.run(30);
    expect(sim.sharingPages).toBe(PAGES);
  });

  test('with smartScan off it is neither written nor minded', () => {
    const sim = agedApart();
    const loop = new TunerLoop(sim, { smartScan: false });
    loop.run(90, (second) => {
      if (second === 30) sim.set('smart_scan', 0);
    });
    expect(sim.knobs.smart_scan).toBe(0);
    expect(loop.log.every((d) => d.phase !== 'hands-off')).toBe(true);
    expect(loop.log.flatMap((d) => d.changes).every(({ knob }) => knob !== 'smart_scan')).toBe(true);
  });

  test("moved while the setting was off, it is nobody's move when the setting is on again", () => {
    const sim = idleHost();
    const loop = new TunerLoop(sim);
    loop.run(60);
    loop.settings = { ...loop.settings, smartScan: false };
    loop.run(5);
    sim.set('smart_scan', 0);
    loop.run(5);
    loop.settings = { ...loop.settings, smartScan: true };
    loop.run(60);
    sim.addGuest('a', PAGES, image);
    sim.addGuest('b', PAGES, image);
    loop.run(30);
    expect(loop.log.filter(({ phase }) => phase === 'hands-off')).toEqual([]);
    expect(sim.sharingPages).toBe(sim.reachable());
    expect(sim.knobs.smart_scan).toBe(0);
  });

  test('where the operator has it at 0 it stays 0', () => {
    const sim = idleHost();
    sim.set('smart_scan', 0);
    const loop = new TunerLoop(sim);
    loop.run(60);
    expect(sim.knobs.smart_scan).toBe(0);
  });

  test('somebody else moves it: auto yields and names it', () => {
    const sim = idleHost();
    const loop = new TunerLoop(sim);
    loop.run(60);
    sim.set('smart_scan', 0);
    loop.run(5);
    expect(loop.log.at(-1)?.phase).toBe('hands-off');
    expect(loop.log.at(-1)?.reason).toContain('smart_scan went from 1 to 0');
  });
});

describe('probe', () => {
  test('contents that become equal unseen are found by the look, hours later', () => {
    const sim = idleHost(USUAL_COSTS);
    const loop = new TunerLoop(sim);
    loop.run(60);
    for (const guest of sim.guests) guest.pages.forEach((page, index) => sim.write(page, index));
    loop.run(600);
    expect(sim.sharingPages).toBe(0);
    loop.run(8 * 3600);
    expect(sim.sharingPages).toBe(sim.reachable());
    expect(loop.log.some((d) => d.phase === 'probe')).toBe(true);
  }, 30_000);

  test('one that ksmd does not walk is given up, and put off by twice the wait', () => {
    class Stuck extends KsmSim {
      stuck = false;
      override advance(seconds: number): void {
        if (this.stuck) this.now += seconds;
        else super.advance(seconds);
      }
    }
    const sim = new Stuck();
    for (let n = 0; n < 3; n++) sim.addGuest(`g${n}`, PAGES, own);
    const loop = new TunerLoop(sim);
    loop.run(60);
    sim.stuck = true;
    const looks = (): Decision[] => loop.log.filter(({ phase, monoMs }) => phase === 'probe' && monoMs > 60_000);
    loop.run(3600);
    expect(looks().length).toBe(1);
    expect(loop.log.some(({ reason }) => reason.startsWith('Ended: ksmd walks no pages. '))).toBe(true);
    expect(sim.knobs.run).toBe(0);
    sim.stuck = false;
    loop.run(2400);
    expect(looks().length).toBe(2);
    const [first, second] = looks();
    expect(((second?.monoMs ?? NaN) - (first?.monoMs ?? NaN)) / 1000).toBeCloseTo(3600, -2);
  });

  test('a host whose guests were all replaced is looked at as a new one', () => {
    const sim = idleHost();
    const loop = new TunerLoop(sim);
    loop.run(60);
    const rounds = { ...loop.state.rounds, found: 500, seconds: 100, rounds: 2, waitSec: 8 * 3600 };
    loop.state = { ...loop.state, rounds };
    for (const guest of [...sim.guests]) sim.removeGuest(guest);
    loop.run(5);
    for (let n = 0; n < 3; n++) sim.addGuest(`new${n}`, PAGES, image);
    loop.run(60);
    expect(sim.sharingPages).toBe(sim.reachable());
    expect(loop.state.rounds).toMatchObject({ found: 0, rounds: 0, waitSec: 1800 });
  });
});
