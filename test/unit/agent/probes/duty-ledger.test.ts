import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DutyLedger } from '../../../../src/agent/probes/duty-ledger.js';

/** Breaks per second of each process, and of what no program sees (`rest`), at a moment. */
type Rates = (sec: number) => Readonly<Partial<Record<number | 'rest', number>>>;

/**
 * A host whose breaks are known to the last one, and a ledger that is told of it as the agent is: a reading each second,
 * frames in windows, what was counted before the first frame and after the last.
 */
class History {
  readonly ledger = new DutyLedger(1_000);
  /** What each process truly broke; `rest`: seen by nobody. */
  readonly truth = new Map<number | 'rest', number>();
  readonly #owed = new Map<number | 'rest', number>();
  #rates: Rates = () => ({ rest: 0 });
  #sec = 0;
  #cowKsm = 0;
  #inWindow: Map<number, number> | undefined;
  /** Counted, in all windows. */
  attributed = new Map<number, number>();

  constructor(cowKsm = 0) {
    this.#cowKsm = cowKsm;
    this.ledger.between(0, cowKsm);
  }

  get sec(): number {
    return this.#sec;
  }

  get growth(): number {
    return [...this.truth.values()].reduce((sum, count) => sum + count, 0);
  }

  rates(rates: Rates): this {
    this.#rates = rates;
    return this;
  }

  /** Seconds without a window. */
  gap(seconds: number, each: () => void = () => undefined): this {
    for (let n = 0; n < seconds; n += 1) {
      this.#second();
      this.ledger.between(this.#sec, this.#cowKsm);
      each();
    }
    return this;
  }

  /** A window: attached half-way through a second in which nobody looks, one frame each second, a last second uncounted. */
  window(seconds: number, each: () => void = () => undefined): this {
    this.ledger.begin();
    this.#second();
    this.#inWindow = new Map();
    for (let n = 0; n <= seconds; n += 1) {
      this.#second();
      this.ledger.frame({ sec: this.#sec, lagSec: 0, cowKsm: this.#cowKsm, breaks: new Map(this.#inWindow) });
      each();
    }
    this.#second(); // while bpftrace ends: in the final counts only
    for (const [pid, count] of this.#inWindow) this.attributed.set(pid, (this.attributed.get(pid) ?? 0) + count);
    this.ledger.end(this.#inWindow, this.#cowKsm);
    this.#inWindow = undefined;
    return this;
  }

  charged(pid: number): number {
    return (this.attributed.get(pid) ?? 0) + (this.ledger.given.get(pid) ?? 0);
  }

  /** Sum of charges; never above the growth. */
  get chargedInAll(): number {
    const counted = [...this.attributed.values(), ...(this.#inWindow?.values() ?? [])];
    return counted.reduce((sum, count) => sum + count, 0) + (this.ledger.estimated ?? 0);
  }

  #second(): void {
    this.#sec += 1;
    for (const [key, rate] of Object.entries(this.#rates(this.#sec))) {
      const who = key === 'rest' ? key : Number(key);
      const owed = (this.#owed.get(who) ?? 0) + (rate ?? 0);
      const whole = Math.floor(owed);
      this.#owed.set(who, owed - whole);
      this.truth.set(who, (this.truth.get(who) ?? 0) + whole);
      this.#cowKsm += whole;
      if (who !== 'rest') this.#inWindow?.set(who, (this.#inWindow.get(who) ?? 0) + whole);
    }
  }
}

const errorOf = (history: History, pid: number): number => {
  const truth = history.truth.get(pid) ?? 0;
  return Math.abs(history.charged(pid) - truth) / truth;
};

describe('breaks at steady rates', () => {
  it('are charged to their processes exactly, with the sum exact', () => {
    const history = new History(123_456).rates(() => ({ 7: 101, 8: 37, rest: 0 }));
    for (let n = 0; n < 5; n += 1) history.gap(300).window(5);
    history.gap(77);
    expect(history.charged(7)).toBe(history.truth.get(7));
    expect(history.charged(8)).toBe(history.truth.get(8));
    expect(history.chargedInAll).toBe(history.growth);
  });

  it('that no window can charge keep their share as the rest', () => {
    const history = new History().rates(() => ({ 7: 100, rest: 25 }));
    for (let n = 0; n < 5; n += 1) history.gap(300).window(5);
    expect(errorOf(history, 7)).toBeLessThan(0.002);
    const rest = history.truth.get('rest') ?? 0;
    expect(Math.abs(history.growth - history.chargedInAll - rest) / rest).toBeLessThan(0.01);
  });

  it('before the first window are charged when that has told', () => {
    const history = new History().rates(() => ({ 7: 10, rest: 0 })).gap(50);
    expect(history.ledger.estimated).toBe(0);
    history.window(4);
    expect(history.charged(7)).toBe(history.truth.get(7));
  });
});

describe('breaks whose rates change', () => {
  it('in a straight line are off by the last gap at most, which the next growth corrects', () => {
    const history = new History().rates((sec) => ({ 7: 1_000 - sec / 2, 8: 200 + sec / 2, rest: 0 }));
    for (let n = 0; n < 4; n += 1) history.window(5).gap(300);
    history.window(5);
    expect(errorOf(history, 7)).toBeLessThan(0.03);
    const still = history.sec;
    history
      .rates(() => ({ 7: 1_000 - still / 2, 8: 200 + still / 2, rest: 0 }))
      .gap(250)
      .window(5);
    expect(errorOf(history, 7)).toBeLessThan(0.002);
    expect(errorOf(history, 8)).toBeLessThan(0.002);
  });

  it('by a jump between two windows are off by at most half of that gap', () => {
    const history = new History().rates((sec) => (sec < 1_000 ? { 7: 100, 8: 100, rest: 0 } : { 7: 100, rest: 0 }));
    for (let n = 0; n < 20; n += 1) history.window(5).gap(120);
    history.window(5);
    expect(errorOf(history, 7)).toBeLessThan(0.5 / 20);
    expect(history.chargedInAll).toBe(history.growth);
  });

  it('in waves that do not keep time with the windows even out', () => {
    const wave = (sec: number, period: number): number => 200 + 150 * Math.sin((2 * Math.PI * sec) / period);
    const history = new History().rates((sec) => ({ 7: wave(sec, 23), 8: wave(sec, 61), rest: 0 }));
    for (let n = 0; n < 100; n += 1) history.window(5).gap(220 + ((n * 17) % 41));
    history.window(5);
    expect(errorOf(history, 7)).toBeLessThan(0.05);
    expect(errorOf(history, 8)).toBeLessThan(0.05);
    expect(history.chargedInAll).toBe(history.growth);
  });

  it('are corrected by the next window without taking anything back', () => {
    const history = new History().rates(() => ({ 7: 100, rest: 0 })).window(5);
    history.rates(() => ({ 8: 100, rest: 0 })).gap(100);
    expect(history.ledger.given.get(7)).toBeGreaterThan(9_000);
    expect(history.ledger.given.get(8)).toBeUndefined();
    history.window(5);
    const before = history.ledger.given.get(7) ?? 0;
    history.gap(200);
    expect(history.ledger.given.get(7)).toBe(before); // it had more than its half, so it gets nothing
    // 7 stopped for good right after a window, and was taken to go on until the next one: that stays with it.
    expect(errorOf(history, 8)).toBeLessThan(0.35);
    for (let n = 0; n < 10; n += 1) history.window(5).gap(240);
    expect(errorOf(history, 8)).toBeLessThan(0.05);
    expect(history.chargedInAll).toBeLessThanOrEqual(history.growth);
  });
});

describe('a process', () => {
  it('that ended gets nothing of later growth', () => {
    const history = new History()
      .rates(() => ({ 7: 100, 8: 100, rest: 0 }))
      .window(5)
      .gap(50);
    history.rates(() => ({ 8: 100, rest: 0 }));
    history.ledger.processEnded(7, history.sec);
    history.gap(100);
    expect(history.charged(7)).toBe(history.truth.get(7));
    history.window(5);
    expect(history.charged(7)).toBe(history.truth.get(7));
    expect(history.charged(8)).toBe(history.truth.get(8));
  });

  it('that began between two windows gets nothing of earlier growth', () => {
    const history = new History()
      .rates(() => ({ 7: 100, rest: 0 }))
      .window(5)
      .gap(100);
    history.rates(() => ({ 7: 100, 9: 300, rest: 0 }));
    const began = history.sec;
    history.gap(100);
    history.ledger.processBegan(9, began + 0.5);
    history.window(5);
    // Its rate is taken to rise from 0 to 300 over the gap, of which it lived through the upper half: 0.46 of what is
    // split there is its own, not 0.75.
    expect(history.charged(9)).toBeGreaterThan(0.5 * (history.truth.get(9) ?? 0));
    expect(history.charged(9)).toBeLessThanOrEqual(history.truth.get(9) ?? 0);
    expect(history.chargedInAll).toBeLessThanOrEqual(history.growth);
    expect(history.chargedInAll).toBeGreaterThan(0.9 * history.growth);
  });

  it('that begins is not charged to those that were there before', () => {
    const history = new History().rates(() => ({ 7: 100, rest: 0 })).window(5);
    history.rates(() => ({ 7: 100, 9: 900, rest: 0 })).gap(100);
    expect(history.charged(7)).toBeLessThan(1.3 * (history.truth.get(7) ?? 0));
  });
});

describe('a window', () => {
  it('that told no rate leaves the gap open for the next one', () => {
    const history = new History().rates(() => ({ 7: 10, rest: 0 })).gap(20);
    history.window(0);
    expect(history.ledger.windows).toBe(0);
    history.gap(20).window(5);
    expect(history.ledger.windows).toBe(1);
    expect(history.charged(7)).toBe(history.truth.get(7));
  });

  it('of ten minutes speaks with its ends', () => {
    const history = new History().rates((sec) => (sec < 400 ? { 7: 100, rest: 0 } : { 8: 100, rest: 0 })).gap(10);
    history.window(600).gap(100).window(5);
    expect(history.charged(7)).toBe(history.truth.get(7));
    expect(history.charged(8)).toBe(history.truth.get(8));
  });

  it('speaks for a quarter of an hour; growth beyond is the rest', () => {
    const history = new History()
      .rates(() => ({ 7: 10, rest: 0 }))
      .window(5)
      .gap(3_000)
      .window(5);
    const near = 2 * 900 * 10;
    expect(history.ledger.given.get(7)).toBeGreaterThan(near - 200);
    expect(history.ledger.given.get(7)).toBeLessThanOrEqual(near + 200);
  });
});

it('readings of cow_ksm that come later than the counts, now more and now less, lose nothing', () => {
  const ledger = new DutyLedger(10);
  let sec = 0;
  let broken = 0;
  let counted = 0;
  ledger.between(0, 0);
  for (let round = 0; round < 50; round += 1) {
    for (let n = 0; n < 10; n += 1) ledger.between((sec += 1), (broken += 1_000));
    ledger.begin();
    const attached = broken;
    for (let n = 0; n < 5; n += 1) {
      broken += 1_000;
      const lagSec = ((round + n) % 3) / 20;
      const breaks = new Map([[7, broken - attached]]);
      ledger.frame({ sec: (sec += 1), cowKsm: broken + lagSec * 1_000, lagSec, breaks });
    }
    broken += 300;
    counted += broken - attached;
    ledger.end(new Map([[7, broken - attached]]), (broken += 100));
  }
  for (let n = 0; n < 3; n += 1) ledger.between((sec += 1), (broken += 1_000));
  expect(counted + (ledger.estimated ?? NaN)).toBeLessThanOrEqual(broken);
  expect(counted + (ledger.estimated ?? NaN)).toBeGreaterThan(0.995 * broken);
});

it('coverage is the part of all growth that fell into windows', () => {
  const history = new History().rates(() => ({ 7: 10, rest: 5 }));
  expect(history.ledger.coverage).toBeUndefined();
  history.gap(79).window(18); // 20 s of it counted, of 100
  expect(history.ledger.coverage).toBeCloseTo(0.2, 1);
  history.gap(100);
  expect(history.ledger.coverage).toBeCloseTo(0.1, 1);
});

it('a kernel that does not count breaks gets no estimate', () => {
  const ledger = new DutyLedger(10);
  ledger.between(1, undefined);
  ledger.begin();
  ledger.frame({ sec: 2, lagSec: 0, cowKsm: undefined, breaks: new Map([[7, 3]]) });
  ledger.frame({ sec: 3, lagSec: 0, cowKsm: undefined, breaks: new Map([[7, 9]]) });
  ledger.end(new Map([[7, 9]]), undefined);
  expect(ledger.estimated).toBeUndefined();
  expect(ledger.given.size).toBe(0);
});

it('figures of long-gone processes are dropped, the sum is not', () => {
  const ledger = new DutyLedger(10);
  let cowKsm = 0;
  ledger.between(0, 0);
  for (let pid = 1; pid <= 50; pid += 1) {
    const sec = pid * 10;
    ledger.begin();
    ledger.frame({ sec, lagSec: 0, cowKsm, breaks: new Map() });
    cowKsm += 100;
    ledger.frame({ sec: sec + 1, lagSec: 0, cowKsm, breaks: new Map([[pid, 100]]) });
    ledger.end(new Map([[pid, 100]]), cowKsm);
    cowKsm += 50;
    ledger.between(sec + 5, cowKsm);
  }
  expect(ledger.given.size).toBeLessThanOrEqual(11);
  expect(ledger.estimated).toBe(50 * 50);
});

describe('whatever happens', () => {
  const spell = fc.record({
    kind: fc.constantFrom('gap', 'window'),
    seconds: fc.integer({ min: 0, max: 90 }),
    rates: fc.record({
      7: fc.integer({ min: 0, max: 500 }),
      8: fc.double({ min: 0, max: 3, noNaN: true }),
      9: fc.constantFrom(0, 0, 100),
      rest: fc.constantFrom(0, 0, 7.5, 300),
    }),
    ends: fc.constantFrom(undefined, undefined, 7, 9),
  });

  it('no figure ever falls, all are whole, and their sum never exceeds the growth', () => {
    fc.assert(
      fc.property(fc.array(spell, { minLength: 1, maxLength: 15 }), (spells) => {
        const history = new History();
        let before = new Map<number, number>();
        const check = (): void => {
          const { given } = history.ledger;
          const isFine =
            [...before].every(([pid, count]) => (given.get(pid) ?? 0) >= count) &&
            [...given.values()].every(Number.isInteger) &&
            history.chargedInAll <= history.growth;
          if (!isFine) expect.fail(`${JSON.stringify([...before, ...given])}, growth ${history.growth}`);
          before = new Map(given);
        };
        for (const { kind, seconds, rates, ends } of spells) {
          history.rates(() => rates);
          if (kind === 'gap') history.gap(seconds, check);
          else history.window(seconds, check);
          if (ends !== undefined) history.ledger.processEnded(ends, history.sec);
          check();
        }
      }),
      { numRuns: 200 },
    );
  });
});

it('what another tier had counted before the first window is not charged again', () => {
  const ledger = new DutyLedger(16);
  ledger.between(0, 100);
  ledger.beginAt(5_000);
  ledger.begin();
  ledger.frame({ sec: 10, cowKsm: 5_000, lagSec: 0, breaks: new Map() });
  ledger.frame({ sec: 20, cowKsm: 5_070, lagSec: 0, breaks: new Map([[7, 70]]) });
  ledger.end(new Map([[7, 70]]), 5_070);
  expect(ledger.estimated).toBe(0);
  expect(ledger.coverage).toBe(1);
  ledger.between(30, 5_140);
  expect(ledger.given.get(7)).toBe(70);
  ledger.beginAt(9_000); // too late: windows count by now
  expect(ledger.coverage).toBe(0.5);
});
