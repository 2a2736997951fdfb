import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DUTY_LIMITS, type DutyDecision, DutyPolicy, TAX_NS } from '../../../../src/agent/probes/duty-policy.js';

/** What a host does for some time. */
interface Spell {
  readonly seconds: number;
  readonly faultsPerSec: number;
  readonly breaksPerSec: number;
}

interface Opened {
  readonly sec: number;
  closedSec: number;
}

/** A policy on a simulated host: counters grow by the spells, a window's bpftrace takes time and CPU to start. */
class Host {
  readonly policy = new DutyPolicy();
  readonly windows: Opened[] = [];
  readonly start = { sec: 1.5, cpuSec: 0.9 };
  /** What the windows took away from the host, truly. */
  cost = 0;
  #sec = 0;
  #faults = 0;
  #breaks = 0;
  #open: { readonly began: number; cpuSec: number; frames: number } | undefined;

  get sec(): number {
    return this.#sec;
  }

  get reading(): { sec: number; cowKsm: number; pageFaults: number } {
    return { sec: this.#sec, cowKsm: Math.floor(this.#breaks), pageFaults: Math.floor(this.#faults) };
  }

  live({ seconds, faultsPerSec, breaksPerSec }: Spell): DutyDecision[] {
    const told: DutyDecision[] = [];
    for (const end = this.#sec + seconds; this.#sec < end;) {
      const open = this.#open;
      const step = open === undefined ? 1 : 0.5;
      this.#sec += step;
      this.#faults += faultsPerSec * step;
      this.#breaks += breaksPerSec * step;
      if (open !== undefined) this.#run(open, step, faultsPerSec);
      const decision = this.policy.decide(this.reading, open);
      told.push(decision);
      if (decision === 'open') this.begin();
      if (decision === 'close') this.end();
    }
    return told;
  }

  begin(): void {
    this.policy.begin(this.reading);
    this.windows.push({ sec: this.#sec, closedSec: NaN });
    this.#open = { began: this.#sec, cpuSec: 0, frames: 0 };
  }

  end(restSec?: number): void {
    const { cpuSec, frames } = this.#open ?? { cpuSec: 0, frames: 0 };
    this.policy.end(this.reading, { cpuSec, frames }, restSec);
    this.#open = undefined;
    const last = this.windows.at(-1);
    if (last !== undefined) last.closedSec = this.#sec;
  }

  #run(open: { readonly began: number; cpuSec: number; frames: number }, step: number, faultsPerSec: number): void {
    const starting = this.#sec - open.began <= this.start.sec;
    const cpu = starting ? (this.start.cpuSec * step) / this.start.sec : 0.0015 * step;
    open.cpuSec += cpu;
    if (!starting) open.frames += 1;
    this.cost += cpu + (starting ? 0 : (faultsPerSec * TAX_NS * step) / 1e9);
  }
}

const lengths = (host: Host): number[] => host.windows.map(({ sec, closedSec }) => closedSec - sec);

describe('the first window', () => {
  it('opens as soon as the rate of page faults is known, whether pages break or not', () => {
    const host = new Host();
    expect(host.live({ seconds: 3, faultsPerSec: 1_000, breaksPerSec: 0 }).slice(0, 2)).toEqual(['wait', 'open']);
  });

  it('is followed by another as soon as pages break, from the credit', () => {
    const host = new Host();
    host.live({ seconds: 120, faultsPerSec: 50_000, breaksPerSec: 0 });
    expect(host.windows).toHaveLength(1);
    host.live({ seconds: 30, faultsPerSec: 50_000, breaksPerSec: 1_000 });
    expect(host.windows).toHaveLength(2);
    expect(host.windows[1]?.sec).toBeLessThan(124);
  });
});

describe('windows', () => {
  it('do not close where the budget carries them while pages break', () => {
    const host = new Host();
    host.live({ seconds: 1_800, faultsPerSec: 2_000, breaksPerSec: 50 });
    expect(host.windows).toHaveLength(1);
  });

  it('close when nothing breaks any more', () => {
    const host = new Host();
    host.live({ seconds: 60, faultsPerSec: 2_000, breaksPerSec: 50 });
    host.live({ seconds: 40, faultsPerSec: 2_000, breaksPerSec: 0 });
    expect(lengths(host)[0]).toBeGreaterThan(60 + 10);
    expect(lengths(host)[0]).toBeLessThan(60 + 35);
  });

  it('are the shorter the more page faults there are, and tell at least two frames', () => {
    const meanLength = [50_000, 500_000, 5_000_000, 10_000_000].map((faultsPerSec) => {
      const host = new Host();
      host.live({ seconds: 60_000, faultsPerSec, breaksPerSec: 10_000 });
      const all = lengths(host).slice(1, -1);
      return all.reduce((sum, length) => sum + length, 0) / all.length;
    });
    expect(meanLength).toEqual([...meanLength].sort((a, b) => b - a));
    expect(meanLength[0]).toBeGreaterThan(20);
    expect(meanLength.at(-1)).toBeLessThan(4);
    expect(meanLength.at(-1)).toBeGreaterThanOrEqual(2.5); // 1.5 s of start, two frames
  });

  it('open seldom where few pages break', () => {
    const host = new Host();
    host.live({ seconds: 86_400, faultsPerSec: 10_000, breaksPerSec: 0.01 });
    expect(host.windows.length).toBeGreaterThan(20);
    expect(host.windows.length).toBeLessThanOrEqual(1 + 86_400 / 600);
    const quiet = new Host();
    quiet.live({ seconds: 86_400, faultsPerSec: 10_000, breaksPerSec: 0 });
    expect(quiet.windows.length).toBeGreaterThan(10);
    expect(quiet.windows.length).toBeLessThanOrEqual(1 + 86_400 / 3_600);
  });

  it('say when the next one may come', () => {
    const host = new Host();
    host.live({ seconds: 2, faultsPerSec: 1e6, breaksPerSec: 1e4 });
    expect(host.policy.nextInSec).toBeUndefined();
    host.live({ seconds: 200, faultsPerSec: 1e6, breaksPerSec: 1e4 });
    const told = host.policy.nextInSec ?? NaN;
    const before = host.windows.length;
    host.live({ seconds: Math.ceil(told) - 2, faultsPerSec: 1e6, breaksPerSec: 1e4 });
    expect(host.windows).toHaveLength(before);
    host.live({ seconds: 5, faultsPerSec: 1e6, breaksPerSec: 1e4 });
    expect(host.windows).toHaveLength(before + 1);
  });

  it('that failed are not tried again before their time', () => {
    const host = new Host();
    host.live({ seconds: 2, faultsPerSec: 1_000, breaksPerSec: 100 });
    host.end(300);
    expect(host.live({ seconds: 295, faultsPerSec: 1_000, breaksPerSec: 100 })).not.toContain('open');
    expect(host.live({ seconds: 10, faultsPerSec: 1_000, breaksPerSec: 100 })).toContain('open');
  });

  it('never come after a stop, and an open one closes', () => {
    const host = new Host();
    host.live({ seconds: 10, faultsPerSec: 1_000, breaksPerSec: 100 });
    host.policy.stop();
    expect(host.live({ seconds: 1, faultsPerSec: 1_000, breaksPerSec: 100 })).toContain('close');
    expect(host.live({ seconds: 20_000, faultsPerSec: 1_000, breaksPerSec: 100 })).not.toContain('open');
    expect(host.policy.nextInSec).toBeUndefined();
  });
});

describe('a kernel that lacks a counter', () => {
  const run = (reading: { cowKsm?: number; pageFaults?: number }): { opened: number; spent: number } => {
    const policy = new DutyPolicy();
    let opened = 0;
    let window: { began: number } | undefined;
    for (let sec = 0; sec < 20_000; sec += 1) {
      const now = { sec, cowKsm: reading.cowKsm, pageFaults: reading.pageFaults };
      const state = window && { frames: 2 * (sec - window.began), cpuSec: 0.9 };
      const decision = policy.decide(now, state);
      if (decision === 'open') {
        policy.begin(now);
        opened += 1;
        window = { began: sec };
      } else if (decision === 'close') {
        policy.end(now, state ?? { frames: 0, cpuSec: 0.9 });
        window = undefined;
      }
    }
    return { opened, spent: policy.spent };
  };

  it('such as cow_ksm gets windows as the budget allows', () => {
    const { opened, spent } = run({ pageFaults: 0 });
    expect(opened).toBeGreaterThan(30);
    expect(spent / 20_000).toBeLessThan(0.005);
  });

  it('such as pgfault gets short ones', () => {
    const { opened, spent } = run({});
    expect(opened).toBeGreaterThan(10);
    expect(spent / 20_000).toBeLessThan(0.005);
  });
});

const spell: fc.Arbitrary<Spell> = fc.record({
  seconds: fc.integer({ min: 1, max: 3_000 }),
  faultsPerSec: fc.double({ min: 0, max: 7.5, noNaN: true }).map((exponent) => 10 ** exponent - 1),
  breaksPerSec: fc.double({ min: 0, max: 5, noNaN: true }).map((exponent) => 10 ** exponent - 1),
});

describe('whatever the host does', () => {
  it('the cost stays within credit, budget and the excess of one window', () => {
    fc.assert(
      fc.property(fc.array(spell, { minLength: 1, maxLength: 12 }), (spells) => {
        const host = new Host();
        for (const one of spells) {
          host.live(one);
          const most = Math.max(...spells.map(({ faultsPerSec }) => faultsPerSec));
          // The bucket, a start at the dearest rate with its first two frames, and one step more.
          const excess = 0.9 + (most * TAX_NS * (host.start.sec + 1.5)) / 1e9 + 2;
          expect(host.cost).toBeLessThanOrEqual(DUTY_LIMITS.credit + DUTY_LIMITS.budgetCores * host.sec + excess);
          expect(host.cost).toBeLessThanOrEqual(host.policy.spent + 1e-6); // what it charges is not too little
        }
      }),
      { numRuns: 150 },
    );
  });

  it('the long-run average is below 0.5 % of a core', () => {
    fc.assert(
      fc.property(fc.array(spell, { minLength: 2, maxLength: 6 }), (spells) => {
        const host = new Host();
        while (host.sec < 30_000) for (const one of spells) host.live(one);
        expect(host.cost / host.sec).toBeLessThan(0.005);
        expect(host.policy.costCores).toBeLessThan(0.005);
      }),
      { numRuns: 60 },
    );
  });
});
