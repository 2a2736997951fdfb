import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reachableMib, TICK_MS } from '../../../../../bench/bakeoff/workloads/account.js';
import { lifeMs, scatter } from '../../../../../bench/bakeoff/workloads/laws.js';
import {
  copyOf,
  filled,
  own,
  PAGES_PER_MIB,
  type GuestPlan,
  type Law,
  type Plan,
} from '../../../../../bench/bakeoff/workloads/plan.js';

const SECONDS = 3;
const plan = (...guests: GuestPlan[]): Plan => ({ guests, change: null });
const pages = (of: Plan): number[] => Array.from(reachableMib(of, SECONDS), (mib) => mib * PAGES_PER_MIB);
const old = { startMs: -Infinity };

describe('what could be saved', () => {
  it('is nothing of pages that no other page is equal to', () => {
    expect(Math.max(...pages(plan({ ...old, ranges: [own(101)] }, { ...old, ranges: [own(101)] })))).toBe(0);
  });

  it('is all copies but one', () => {
    const of = plan(...[1, 2, 3].map(() => ({ ...old, ranges: [copyOf(1, 101), copyOf(2, 53)] })));
    expect(new Set(pages(of))).toEqual(new Set([2 * (101 + 53)]));
  });

  it('keeps one zero page for every 256', () => {
    const of = plan({ ...old, ranges: [{ pages: 1027, laws: [{ kind: 'ramp', content: 'zero' }] }] });
    expect(new Set(pages(of))).toEqual(new Set([1027 - 5]));
  });

  it('comes when a guest fills its memory, and goes when one ends', () => {
    const of = plan(
      { ...old, ranges: [copyOf(1, 101)] },
      { startMs: 500, endMs: 2000, ranges: [filled(101, 1, 1000, 500)] },
    );
    const saved = pages(of);
    const at = (ms: number): number | undefined => saved[ms / TICK_MS];
    expect([at(950), at(1250), at(1500), at(1950), at(2000), at(3000)]).toEqual([0, 50, 101, 101, 0, 0]);
  });

  it('has an entry for each tick of the window, both ends included', () => {
    expect(reachableMib(plan(), SECONDS)).toHaveLength((SECONDS * 1000) / TICK_MS + 1);
  });
});

// The same, without events: what each page holds at each tick, from the definitions, as bench/bakeoff/guest.c finds it.
function bySight(of: Plan, tick: number): number {
  const ms = tick * TICK_MS;
  const copies = new Map<string, number>();
  for (const { startMs, endMs = Infinity, ranges } of of.guests) {
    if (startMs > ms || endMs <= ms) continue;
    for (const { pages: count, laws, mapMs = -Infinity } of ranges) {
      if (mapMs > ms) continue;
      for (let page = 0; page < count; page += 1) {
        const held = laws.map((law) => sight(law, page, count, ms)).findLast((content) => content !== 'untouched');
        if (held !== undefined && held !== 'own') copies.set(held, (copies.get(held) ?? 0) + 1);
      }
    }
  }
  return [...copies.values()].reduce((saved, n) => saved + n - Math.ceil(n / 256), 0);
}

function sight(law: Law, page: number, pagesOfRange: number, ms: number): string {
  if (ms < (law.startMs ?? -Infinity)) return 'untouched';
  if (law.kind === 'ramp') {
    const { from = 0, count = pagesOfRange, startMs = -Infinity, ms: length = 0, content } = law;
    const done = length === 0 ? count : Math.min(count, Math.floor(((ms - startMs) * count) / length));
    if (page < from || page >= from + done) return 'untouched';
    return typeof content === 'number' ? `${content}/${page - from}` : content;
  }
  const since = ms + Math.floor((page * law.periodMs) / pagesOfRange);
  const turn = Math.floor(since / law.periodMs);
  if (since - turn * law.periodMs >= lifeMs(law, page)) return 'own';
  return `${law.library}/${scatter(law.choice, page, turn) % law.libraryPages}`;
}

describe('the account of any plan', () => {
  const content = fc.oneof(fc.constantFrom('own', 'zero'), fc.constantFrom(1, 2));
  const when = fc.oneof(fc.constant(-Infinity), fc.integer({ min: -700, max: 3300 }));
  const ramps = fc
    .array(fc.record({ startMs: when, ms: fc.integer({ min: 0, max: 400 }), content }), { minLength: 1, maxLength: 3 })
    .map((laws) => laws.sort((a, b) => a.startMs - b.startMs || 0))
    // One after the other: the next begins when the one before has done.
    .map((laws) =>
      laws.map((law, i): Law => ({
        kind: 'ramp',
        ...law,
        ms: law.startMs === -Infinity ? 0 : Math.min(law.ms, Math.max(0, (laws[i + 1]?.startMs ?? 9e9) - law.startMs)),
      })),
    );
  const cycles = fc
    .record({ startMs: when, periodMs: fc.integer({ min: 1000, max: 1900 }), low: fc.nat(500), more: fc.nat(500) })
    .map(({ startMs, periodMs, low, more }): Law[] => [
      { kind: 'cycle', startMs, periodMs, sharedMs: [low, low + more], library: 1, libraryPages: 7, choice: low % 2 },
    ]);
  const range = fc.record({ pages: fc.integer({ min: 1, max: 300 }), laws: fc.oneof(ramps, cycles), mapMs: when });
  const guest = fc.record({
    startMs: when,
    lifeMs: fc.integer({ min: 1, max: 4000 }),
    ranges: fc.array(range, { minLength: 1, maxLength: 2 }),
  });

  it('agrees with looking at every page at every tick', () => {
    fc.assert(
      fc.property(fc.array(guest, { maxLength: 3 }), (guests) => {
        const of = plan(...guests.map((one) => ({ ...one, endMs: Math.max(one.startMs, 0) + one.lifeMs })));
        const saved = pages(of);
        for (const tick of [0, 1, 7, 19, 20, 31, 43, 59, 60])
          expect([tick, saved[tick]]).toEqual([tick, bySight(of, tick)]);
      }),
      { numRuns: 60 },
    );
  });
});
