/** Guests that do what they like, some of them to make ksmd work: what the policy may cost, and that it always says why. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actuate, noteActuation } from '../../../src/tuner/actuator.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import { HostSim } from '../../../src/tuner/sim/host-sim.js';
import { initialState, type TunerState } from '../../../src/tuner/state.js';
import { step } from '../../../src/tuner/step.js';
import type { KnobName, Knobs, KnobPort, TunerSettings } from '../../../src/tuner/types.js';

const KNOBS: Knobs = { run: 0, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1 };
const SETS = ['image', 'own', 'churn'] as const;

class Host {
  readonly sim = new HostSim({ knobs: KNOBS, memTotalBytes: 2 ** 36 });
  readonly cpu: number[] = [];
  private state: TunerState = initialState();
  private readonly guests = new Set<string>();

  constructor(readonly settings: TunerSettings) {
    const { sim } = this;
    sim.defineSet({ name: 'image', contents: 300_000, layout: 'distinct', writesPerSec: 0, mergeable: 1 });
    sim.defineSet({ name: 'own', contents: 0, layout: 'random', writesPerSec: 0, mergeable: 0 });
    sim.defineSet({ name: 'churn', contents: 20_000, layout: 'random', writesPerSec: 0.2, mergeable: 0.8 });
  }

  /** Starts the guest, or ends it if it is there. */
  toggle(name: string, set: (typeof SETS)[number], pages: number): void {
    if (this.guests.delete(name)) {
      this.sim.stopGuest(name);
    } else {
      this.guests.add(name);
      this.sim.startGuest(name, [{ set, pages }]);
    }
  }

  tick(): void {
    const { sim, settings } = this;
    const input = { observation: sim.observe(), state: this.state, settings, mode: 'auto', paused: false } as const;
    const { state, decision } = step(input);
    expect(decision.reason.length).toBeGreaterThan(10);
    expect(['hands-off', 'paused']).not.toContain(decision.phase);
    const port: KnobPort = {
      read: (knob) => sim.knobs[knob as KnobName] ?? 0,
      write: (knob, value) => {
        sim.knobs = { ...sim.knobs, [knob]: Number(value) };
      },
    };
    this.state = decision.changes.length > 0 ? noteActuation(state, actuate(decision, port), sim.now * 1000) : state;
    const before = sim.cpuSec;
    sim.advance(1);
    this.cpu.push(sim.cpuSec - before);
  }

  worstOverTenSeconds(): number {
    let worst = 0;
    for (let i = 10; i <= this.cpu.length; i++) {
      worst = Math.max(worst, this.cpu.slice(i - 10, i).reduce((sum, one) => sum + one, 0) / 10);
    }
    return worst;
  }
}

test('the cap holds over any ten seconds, whoever comes and goes', { timeout: 60_000 }, () => {
  const event = fc.record({
    afterSec: fc.integer({ min: 0, max: 40 }),
    guest: fc.integer({ min: 0, max: 5 }),
    set: fc.constantFrom(...SETS),
    pages: fc.integer({ min: 100, max: 300_000 }),
  });
  const maxCpuPct = fc.constantFrom(5, 10, 25, 50, 80);
  const gibPerCore = fc.constantFrom(0.5, 8, 64);
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), maxCpuPct, gibPerCore, (events, cap, price) => {
      const host = new Host({ ...DEFAULT_TUNER_SETTINGS, maxCpuPct: cap, gibPerCore: price });
      for (const { afterSec, guest, set, pages } of events) {
        for (let second = 0; second < afterSec; second++) host.tick();
        host.toggle(`guest-${guest}`, set, pages);
      }
      for (let second = 0; second < 60; second++) host.tick();
      expect(host.worstOverTenSeconds()).toBeLessThanOrEqual(1.1 * (cap / 100));
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

test.each([
  ['leaves as soon as the burst has begun', 3, 7],
  ['stays for ten seconds', 10, 10],
  ['comes once a minute', 20, 40],
])('a guest without anything to share that %s costs 0.4 %% of a core at most', (_what, stays, away) => {
  const host = new Host(DEFAULT_TUNER_SETTINGS);
  host.toggle('base', 'image', 150_000);
  host.toggle('like', 'image', 150_000);
  for (let second = 0; second < 3600; second++) {
    const at = second % (stays + away);
    if (at === 0 || at === stays) host.toggle('visitor', 'own', 100_000);
    host.tick();
  }
  const mean = host.cpu.slice(600).reduce((sum, one) => sum + one, 0) / (host.cpu.length - 600);
  expect(mean).toBeLessThan(0.004);
});
