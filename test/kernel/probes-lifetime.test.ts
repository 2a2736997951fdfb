import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { bucketsOf, medianLifetimeSec, NO_BARS } from '../../src/agent/model/lifetime.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { readVmstat, until } from '../helpers/knobs.js';
import { type ProbeSession, useProbes } from '../helpers/probe-session.js';

// Merge lifetimes by process: two guests with the same pages, of which one writes them some seconds after they merged, again
// and again, and the other one leaves them alone until the end. ksmd scans when it is told to, so each age is known.

const PAGES = 101;
const SEED = 3;
const ROUNDS = 3;
const HOLD_MS = 2_500;
/** A median is told as the middle of a bar that doubles. */
const WITHIN = 1.5;

/** Ages that breaks may have had, seconds. */
interface Ages {
  youngest: number;
  oldest: number;
}

class Rewriter {
  readonly ages: Ages = { youngest: Infinity, oldest: 0 };
  readonly guest: Guest;
  /** When its pages merged: after the first, before the second. performance.now(), milliseconds. */
  #merged = { after: 0, before: 0 };
  #isBroken = true;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  /** To be told of each time in which ksmd scanned. */
  scannedBetween(after: number, before: number): void {
    if (!this.#isBroken) return;
    this.#isBroken = false;
    this.#merged = { after, before };
  }

  /** Breaks all its pages, with the content that they had. */
  async rewrite(): Promise<void> {
    const began = performance.now();
    await this.guest.fill(0, 0, PAGES, SEED);
    this.#isBroken = true;
    this.ages.youngest = Math.min(this.ages.youngest, (began - this.#merged.before) / 1_000);
    this.ages.oldest = Math.max(this.ages.oldest, (performance.now() - this.#merged.after) / 1_000);
  }
}

/** Merges all that is broken: the first time two full scans, a checksum apart. */
async function mergeAll(scans: FullScans, guests: readonly Rewriter[]): Promise<void> {
  const began = performance.now();
  await scans.step(3);
  for (const guest of guests) guest.scannedBetween(began, performance.now());
  expect(guests.map(({ guest }) => guest.mergingPages())).toEqual(guests.map(() => PAGES));
}

/** Breaks page after page of its own until one is counted: from then on all are, until the window closes. */
class Lookout {
  readonly #guest: Guest;
  readonly #hub: ProbeSession['hub'];
  #page = 0;

  constructor(guest: Guest, hub: ProbeSession['hub']) {
    this.#guest = guest;
    this.#hub = hub;
  }

  async breaksAreSeen(): Promise<void> {
    const before = this.#counted();
    const deadline = performance.now() + 20_000;
    while (this.#counted() === before) {
      if (performance.now() > deadline) throw new Error('no break is seen');
      await this.#guest.write(0, this.#page, 1);
      this.#page += 1;
      await sleep(100);
    }
  }

  #counted(): number {
    return this.#hub.snapshot().processes.find(({ pid }) => pid === this.#guest.pid)?.cowBreaks ?? 0;
  }
}

/** `opens`, `closed`: wait until a window is about to open, and until it has closed. */
async function measure({ hub }: ProbeSession, opens: () => Promise<void>, closed: () => Promise<void>): Promise<void> {
  await using scans = await FullScans.start({ smart_scan: 0 });
  await using busy = await Guest.start('busy');
  await using calm = await Guest.start('calm');
  await using third = await Guest.start('lookout');
  const [rewriter, keeper, lookout] = [new Rewriter(busy), new Rewriter(calm), new Lookout(third, hub)];
  const barsOf = (pid: number): readonly number[] => hub.lifetimes()?.byPid.get(pid) ?? NO_BARS;
  const timed = (pid: number): number => sum(barsOf(pid));
  for (const guest of [busy, calm]) await guest.map(0, PAGES, 'unique', SEED);
  await third.map(0, 600, 'same', SEED + 1);

  for (let round = 1; round <= ROUNDS; round += 1) {
    await mergeAll(scans, [rewriter, keeper]);
    await sleep(HOLD_MS);
    await opens();
    await lookout.breaksAreSeen();
    await rewriter.rewrite();
    if (round === ROUNDS) await keeper.rewrite();
    await closed();
    await until(`${round} rounds to be timed`, () => timed(busy.pid) === round * PAGES);
  }
  await until('the other guest to be timed', () => timed(calm.pid) === PAGES);

  const all = [...(hub.lifetimes()?.byPid.values() ?? [])].reduce((total, bars) => total + sum(bars), 0);
  expect(sum(hub.snapshot().cow?.mergeLifetime.map(({ count }) => count) ?? [])).toBe(all);
  for (const { guest, ages } of [rewriter, keeper]) {
    const median = medianLifetimeSec(bucketsOf(barsOf(guest.pid)), []);
    process.stderr.write(
      `${ages.youngest.toFixed(2)} to ${ages.oldest.toFixed(2)} s old: median ${String(median)} s\n`,
    );
    expect(median).toBeGreaterThan(ages.youngest / WITHIN);
    expect(median).toBeLessThan(ages.oldest * WITHIN);
  }
  expect(keeper.ages.youngest).toBeGreaterThan(1.5 * rewriter.ages.oldest);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

describe('merge lifetimes of guests, where one bpftrace sees merges and breaks', () => {
  const session = useProbes();

  it('are told apart', async () => {
    const nothing = (): Promise<void> => Promise.resolve();
    await measure(session, nothing, nothing);
  });
});

describe('merge lifetimes of guests, where breaks are seen in windows', () => {
  // Told nothing of how many pages break, windows open whenever the budget allows.
  const lengths = { lengthMinSec: 3, lengthMaxSec: 3, lengthEverSec: 3 };
  const session = useProbes({
    exact: false,
    readCowKsm: () => undefined,
    readPageFaults: () => readVmstat('pgfault'),
    dutyLimits: { budgetCores: 1, cap: 60, credit: 60, ...lengths, restSec: 0.5 },
  });
  const isOpen = (): boolean | undefined => session.hub.snapshot().cow?.duty?.open;
  const windows = (): number => session.hub.snapshot().cow?.duty?.windows ?? 0;

  it('are told apart', async ({ skip }) => {
    if (isOpen() === undefined) skip('no program taxes page faults here');
    await measure(
      session,
      async () => {
        const before = windows();
        await until('a window', () => windows() > before && isOpen() === true);
      },
      () => until('the window to close', () => isOpen() === false),
    );
  });
});
