import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterBurst,
  arrivals,
  closeRound,
  initialRounds,
  passTime,
  putOff,
  untilNextSec,
  type Breaking,
  type RoundPrice,
  type RoundsState,
} from '../../../src/tuner/rounds.js';

/** 200,000 pages, 0.6 CPU seconds a full scan, 4 KiB at 8 GiB per core. */
const PRICE: RoundPrice = { cpuSec: 1.2, level: 200_000, worth: 4096 / 2 ** 30 / 8 };
const DAY = 86_400;
const HOUR = 3600;
const quiet: Breaking = { breakRate: 0, brokenLifetimeSec: null };

/** Found pages from which a look pays for itself, over ten minutes. */
const PAYING = Math.ceil(PRICE.cpuSec / (600 * PRICE.worth));

const wait = (state: RoundsState, seconds: number, breaking = quiet): RoundsState => passTime(state, seconds, breaking);
/** The first round: what it finds had gathered since nobody knows when. */
const first = closeRound(initialRounds, PRICE, 50_000, DAY);

describe('arrivals', () => {
  test('before the first round: half of the breaks, and as much doubt', () => {
    expect(arrivals(initialRounds)).toEqual({ value: 0, plusMinus: 0 });
    expect(arrivals(wait(initialRounds, 60, { ...quiet, breakRate: 80 }))).toEqual({ value: 40, plusMinus: 40 });
  });

  test('what the first round finds is not counted', () => {
    expect(first).toMatchObject({ found: 0, seconds: 0, rounds: 0, sinceSec: 0 });
    expect(arrivals(first).value).toBe(0);
  });

  test('what later rounds find, over the time it gathered in, soon outweighs the prior', () => {
    let state = first;
    for (let round = 0; round < 4; round++) {
      state = closeRound(wait(state, 100, { ...quiet, breakRate: 200 }), PRICE, 3000, DAY);
    }
    // At the end of the last round the breaks since are forgotten.
    const { value, plusMinus } = arrivals(state);
    expect(value).toBeGreaterThan(0.75 * 30);
    expect(value).toBeLessThan(30);
    expect(plusMinus).toBeLessThan(1);
  });

  test('a round that finds nothing counts half of what is known, its followers half of that', () => {
    let state = closeRound(wait(first, 100), PRICE, 3000, DAY);
    const rate = (): number => state.found / state.seconds;
    const before = rate();
    state = closeRound(wait(state, 100), PRICE, 0, DAY);
    expect(rate()).toBeCloseTo(before / 3, 2);
    state = closeRound(wait(state, 100), PRICE, 0, DAY);
    expect(rate()).toBeCloseTo(before / 7, 2);
  });

  test('of short-lived contents only the youngest are still there: the time they gathered in is their lifetime', () => {
    const state = closeRound(wait(first, 1000), PRICE, 3000, 50);
    expect(state.seconds).toBeCloseTo(50, 3);
    expect(closeRound(wait(first, 1000), PRICE, 3000, DAY).seconds).toBeGreaterThan(990);
  });

  test('fewer than none were found: none', () => {
    expect(closeRound(wait(first, 100), PRICE, -40, DAY).found).toBe(0);
  });
});

describe('what breaks', () => {
  test('the highest rate since the last round is kept: what is not merged again cannot break again', () => {
    const fell = wait(wait(first, 10, { ...quiet, breakRate: 100 }), 300, { ...quiet, breakRate: 2 });
    expect(fell.breakRate).toBe(100);
    expect(closeRound(fell, PRICE, 0, DAY).breakRate).toBe(0);
  });

  test('a kernel that does not count breaks: the rate stays', () => {
    expect(passTime(first, 10, { breakRate: null, brokenLifetimeSec: null }).breakRate).toBe(0);
  });

  test('broken lifetimes count only well below the time since the last round', () => {
    const broke = (afterSec: number, brokenLifetimeSec: number): number | null =>
      wait(first, afterSec, { breakRate: 1, brokenLifetimeSec }).brokenLifetimeSec;
    expect(broke(300, 90)).toBe(90);
    expect(broke(300, 150)).toBeNull();
    expect(broke(3, 2)).toBeNull();
  });

  test('what is known of them outlasts silence, and is learned anew after a round', () => {
    const known = wait(first, 300, { breakRate: 1, brokenLifetimeSec: 4 });
    expect(wait(known, 300).brokenLifetimeSec).toBe(4);
    const after = wait(closeRound(known, PRICE, 10, DAY), 3, { breakRate: 1, brokenLifetimeSec: 2 });
    expect(after.brokenLifetimeSec).toBeNull();
    expect(wait(after, 3, { breakRate: 1, brokenLifetimeSec: 2 }).brokenLifetimeSec).toBe(2);
  });
});

describe('when the next one is due', () => {
  test('the first look at once', () => {
    expect(untilNextSec(initialRounds, null)).toBe(0);
  });

  test('a round that pays, when its time has passed', () => {
    expect(untilNextSec(wait(first, 70), 100)).toBe(30);
    expect(untilNextSec(wait(first, 170), 100)).toBe(0);
  });

  test('a look, where none pays or those that pay are rarer', () => {
    expect(untilNextSec(wait(first, 800), null)).toBe(1000);
    expect(untilNextSec(wait(first, 800), 5000)).toBe(1000);
    expect(untilNextSec(wait(first, 1800), null)).toBe(0);
  });

  test('half an hour after the first; where it is dear, 3 % of a core until it is due', () => {
    expect(first.waitSec).toBe(1800);
    expect(closeRound(initialRounds, { ...PRICE, cpuSec: 600 }, 0, DAY).waitSec).toBe(20_000);
  });

  test('a look that did not pay doubles the wait, up to eight hours', () => {
    let state = first;
    const waits: (number | null)[] = [];
    for (let look = 0; look < 6; look++) {
      state = closeRound(wait(state, state.waitSec ?? 0), PRICE, PAYING - 1, DAY);
      waits.push(state.waitSec);
    }
    expect(waits).toEqual([HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR, 8 * HOUR]);
  });

  test('one that paid takes it back to the shortest', () => {
    const patient = { ...first, waitSec: 8 * HOUR };
    expect(closeRound(wait(patient, 8 * HOUR), PRICE, PAYING, DAY).waitSec).toBe(1800);
  });

  test('a round in between leaves the wait as it is', () => {
    expect(closeRound(wait(first, 60), PRICE, 0, DAY).waitSec).toBe(1800);
  });

  test('where looks are dear they wait until they take 0.3 % of a core, longer than eight hours if need be', () => {
    const dear = { ...PRICE, cpuSec: 120 };
    const state = closeRound(initialRounds, dear, 0, DAY);
    expect(closeRound(wait(state, DAY), dear, 0, DAY).waitSec).toBe(40_000);
  });

  test('on 1 TiB until they take 0.02 % of what all memory is worth', () => {
    const large = { ...PRICE, cpuSec: 1200, level: 2 ** 28 };
    const state = closeRound(initialRounds, large, 0, DAY);
    expect(state.waitSec).toBe(40_000);
    const cores = large.level * large.worth;
    expect(cores).toBeCloseTo(128);
    expect(closeRound(wait(state, DAY), large, 0, DAY).waitSec).toBeCloseTo(1200 / (0.0002 * cores));
  });
});

describe('a burst for new memory', () => {
  test('stands for a look where it visited every page, and teaches nothing of arrivals', () => {
    const known = closeRound(wait(first, 100), PRICE, 3000, DAY);
    const after = afterBurst(wait(known, 1000, { ...quiet, breakRate: 9 }), PRICE, false);
    expect(after).toMatchObject({ found: known.found, seconds: known.seconds, rounds: 1, sinceSec: 0, breakRate: 0 });
    expect(untilNextSec(after, null)).toBe(1800);
    expect(afterBurst(initialRounds, PRICE, false).waitSec).toBe(1800);
  });

  test('does not shorten a wait that looks have earned', () => {
    expect(afterBurst({ ...first, waitSec: 4 * HOUR }, PRICE, false).waitSec).toBe(4 * HOUR);
  });

  test('that made the host mostly new forgets what rounds had taught, and waits as after the first', () => {
    const taught = closeRound(wait({ ...first, waitSec: 4 * HOUR }, 100), PRICE, 3000, DAY);
    const known = wait(taught, 1000, { breakRate: 9, brokenLifetimeSec: 4 });
    expect(arrivals(known).value).toBeGreaterThan(0);
    const after = afterBurst(known, PRICE, true);
    expect(after).toEqual({ ...initialRounds, waitSec: 1800 });
    expect(arrivals(after)).toEqual({ value: 0, plusMinus: 0 });
  });
});

describe('a look that ksmd did not walk', () => {
  test('is tried again a look later: twice the wait, from half an hour to eight', () => {
    let state = wait(initialRounds, 20);
    const waits: number[] = [];
    for (let look = 0; look < 6; look++) {
      state = putOff(state);
      waits.push(untilNextSec(state, null));
      state = wait(state, 20);
    }
    expect(waits).toEqual([1800, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR]);
  });

  test('teaches nothing of arrivals', () => {
    const known = wait(closeRound(wait(first, 100), PRICE, 3000, DAY), 1800, { ...quiet, breakRate: 9 });
    const { found, seconds, rounds, breakRate } = known;
    expect(putOff(known)).toMatchObject({ found, seconds, rounds, breakRate, sinceSec: 0, waitSec: HOUR });
  });
});

type Event =
  | { readonly kind: 'time'; readonly seconds: number; readonly breakRate: number | null; readonly lived: number }
  | {
      readonly kind: 'round';
      readonly found: number;
      readonly cpuSec: number;
      readonly level: number;
      readonly lifetimeSec: number;
    }
  | { readonly kind: 'burst'; readonly cpuSec: number; readonly mostlyNew: boolean }
  | { readonly kind: 'stall' };

function happen(state: RoundsState, event: Event): RoundsState {
  const { worth } = PRICE;
  switch (event.kind) {
    case 'time':
      return passTime(state, event.seconds, { breakRate: event.breakRate, brokenLifetimeSec: event.lived });
    case 'round':
      return closeRound(state, { cpuSec: event.cpuSec, level: event.level, worth }, event.found, event.lifetimeSec);
    case 'burst':
      return afterBurst(state, { ...PRICE, cpuSec: event.cpuSec }, event.mostlyNew);
    case 'stall':
      return putOff(state);
  }
}

test('whatever happens: figures are finite, and a look waits for half an hour at least', () => {
  const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
  const lifetimeSec = fc.double({ min: 1, max: DAY, noNaN: true });
  const breakRate = fc.option(figure, { nil: null });
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.record({ kind: fc.constant('time' as const), seconds: figure, breakRate, lived: figure }),
    fc.record({ kind: fc.constant('round' as const), found: figure, cpuSec: figure, level: figure, lifetimeSec }),
    fc.record({ kind: fc.constant('burst' as const), cpuSec: figure, mostlyNew: fc.boolean() }),
    fc.record({ kind: fc.constant('stall' as const) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const state = events.reduce(happen, initialRounds);
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      const { value, plusMinus } = arrivals(state);
      expect(Number.isFinite(value) && value >= 0).toBe(true);
      expect(Number.isFinite(plusMinus) && plusMinus >= 0).toBe(true);
      expect(state.waitSec ?? 1800).toBeGreaterThanOrEqual(1800);
      expect(untilNextSec(state, null)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 300 },
  );
});
