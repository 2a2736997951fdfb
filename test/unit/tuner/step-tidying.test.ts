/** The books of guests that end while `run` is 0 are cleared by one slow full scan (rest.ts). */

import { expect, test } from 'vitest';
import { knownPages } from '../../../src/tuner/reading.js';
import { scaledCosts, USUAL_COSTS } from '../../../src/tuner/sim/costs.js';
import { KsmSim, type Guest } from '../../../src/tuner/sim/page-model.js';
import type { Decision, Observation } from '../../../src/tuner/types.js';
import { TunerLoop } from '../../helpers/tuner-loop.js';

const COSTS = scaledCosts(USUAL_COSTS, 5);
const PAGES = 3000;

/** No two pages are equal. */
function idleHost(guests: number): KsmSim {
  const sim = new KsmSim(COSTS);
  for (let n = 0; n < guests; n++) sim.addGuest(`g${n}`, PAGES, () => undefined);
  return sim;
}

/** A host that keeps the books of a guest that ended until ksmd comes by its place, as the kernel does. */
class Books {
  /** Pages, and the full scan with whose end they are cleared: null, none has begun. */
  private pages = 0;
  private clearedAt: number | null = null;

  constructor(private readonly sim: KsmSim) {}

  end(...guests: readonly Guest[]): void {
    for (const guest of guests) {
      this.pages += guest.pages.length;
      this.sim.removeGuest(guest);
    }
    this.clearedAt = null;
  }

  readonly observe = (): Observation => {
    const { sim } = this;
    if (sim.knobs.run === 1 && this.pages > 0) {
      this.clearedAt ??= sim.fullScans + 1;
      // With nothing but ended guests there is nothing to walk: one pass, at the next tick over.
      if (sim.fullScans >= this.clearedAt) this.pages = 0;
      if (sim.totalPages === 0) this.clearedAt = sim.fullScans;
    }
    const seen = sim.observe();
    return { ...seen, pages_volatile: seen.pages_volatile + this.pages };
  };
}

/** Tunes five guests until it rests, ends some, and goes on for a quarter of an hour. */
function afterEndOf(ended: number): { sim: KsmSim; loop: TunerLoop; known: () => number; scans: () => number } {
  const sim = idleHost(5);
  const books = new Books(sim);
  const loop = new TunerLoop(sim, {}, books.observe);
  loop.run(60);
  expect(sim.knobs.run).toBe(0);
  const { fullScans } = sim;
  books.end(...sim.guests.slice(-ended));
  const known = (): number => knownPages(books.observe());
  expect(known()).toBe(5 * PAGES);
  loop.run(900);
  return { sim, loop, known, scans: () => sim.fullScans - fullScans };
}
const tidied = ({ log }: TunerLoop): Decision[] => log.filter(({ reason }) => reason.includes('drops its books'));

test('guests that end while run is 0: one full scan at 0.25 % of a core at most, then rest again', () => {
  const { sim, loop, known, scans } = afterEndOf(2);
  expect(tidied(loop).map(({ wanted }) => wanted?.run)).toEqual([1]);
  expect(scans()).toBe(1);
  expect(known()).toBe(3 * PAGES);
  expect(loop.worstCpu(60, 60)).toBeLessThan(0.004);
  expect(sim.knobs.run).toBe(0);
  expect(loop.log.at(-1)?.reason).toMatch(/run (goes to|stays) 0/);
});

test('all guests end: the books are cleared although nothing is offered any more', () => {
  const { loop, known } = afterEndOf(5);
  expect(tidied(loop).map(({ wanted }) => wanted?.run)).toEqual([1]);
  expect(known()).toBe(0);
  expect(loop.meanCpu(60)).toBe(0);
  expect(loop.log.at(-1)?.reason).toContain('no process offers memory');
  const { writes } = loop;
  loop.run(300);
  expect(loop.writes).toBe(writes);
});

test('books that a full scan does not clear are not walked for again, though it walked no page', () => {
  const sim = idleHost(3);
  let left = 0;
  let passes = 0;
  const loop = new TunerLoop(sim, {}, () => {
    if (left > 0 && sim.knobs.run === 1) passes += 1;
    const seen = sim.observe();
    return { ...seen, pages_volatile: seen.pages_volatile + left, full_scans: seen.full_scans + passes };
  });
  loop.run(60);
  left = 3 * PAGES;
  for (const guest of [...sim.guests]) sim.removeGuest(guest);
  loop.run(300);
  expect(tidied(loop).length).toBe(1);
  expect(loop.log.at(-1)?.reason).toContain('no process offers memory');
});
