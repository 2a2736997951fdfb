import { expect, it } from 'vitest';
import type { SuspicionStep } from '../../src/agent/model/side-channel.js';
import { SideChannelWatch } from '../../src/agent/side-channel/watch.js';
import { testGuests, testGuest } from '../helpers/agent-port.js';
import { chance } from '../helpers/chance.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useProbes } from '../helpers/probe-session.js';

// A prober that does what a real one does, to a guest that was made for it: fills pages with guesses, waits for ksmd,
// writes to each and times the writes. Beside it guests that write to merged memory for reasons of their own.

const SEEDS = [11, 2_003, 700_001];
const ROUNDS = 6;
const GUESSES = 64;
/** Guesses that are right, of the kernel's merging: the only ones that anybody can see. */
const RIGHT = 24;
const PAGES = 120;
/** Of one round: a checksum, a merge, and one for a page that ksmd met in mid-change. */
const SCANS_PER_ROUND = 3;
const OFTEN = { sent: (_frame: Parameters<SideChannelWatch['takeFrame']>[0]): void => undefined };

const session = useProbes({
  onPageBreaks: (frame) => {
    OFTEN.sent(frame);
  },
});

it.each(SEEDS)(
  'a prober is found after four rounds, guests with other habits never (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const draw = chance(seed);
    const content = (what: number): number => seed * 100 + what;
    // Holds what the others merge with: a boot image, secrets, and what pools and buffers are filled with.
    await using victim = await Guest.start('victim');
    await victim.map(0, PAGES, 'unique', content(0));
    await victim.map(1, RIGHT, 'unique', content(1));
    for (const area of [2, 3, 4, 5]) await victim.map(area, PAGES, 'unique', content(area));

    await using prober = await Guest.start('prober');
    await prober.map(0, GUESSES, 'unique', content(1));
    await using booter = await Guest.start('booter');
    await booter.map(0, PAGES, 'unique', content(0));
    await using heapA = await Guest.start('heap-a');
    await heapA.map(0, PAGES, 'unique', content(10));
    await using heapB = await Guest.start('heap-b');
    await heapB.map(0, PAGES, 'unique', content(10));
    await using pool = await Guest.start('pool');
    await pool.map(0, PAGES, 'unique', content(2));
    await using buffers = await Guest.start('buffers');
    for (const area of [0, 1, 2]) await buffers.map(area, PAGES, 'unique', content(5));
    const guests = { victim, prober, booter, heapA, heapB, pool, buffers };

    const steps: SuspicionStep[] = [];
    let ahead = 0;
    const watch = new SideChannelWatch({
      enabled: true,
      probes: () => session.hub.snapshot(),
      table: () =>
        testGuests(
          Object.entries(guests).map(([name, { pid }]) => testGuest({ kind: 'process', name, key: name, pids: [pid] })),
        ),
      emit: (step) => steps.push(step),
      kernelMs: () => Number(process.hrtime.bigint()) / 1e6 + ahead,
      now: Date.now,
    });
    OFTEN.sent = (frame) => {
      watch.takeFrame(frame);
    };

    await using scans = await FullScans.start({ smart_scan: 0 });
    const found: string[][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await scans.step(SCANS_PER_ROUND);
      expect(prober.mergingPages()).toBe(RIGHT);
      await prober.write(0, 0, GUESSES);
      await heapA.write(0, 0, PAGES);
      await heapB.write(0, 0, PAGES);
      await pool.write(0, 0, PAGES);
      for (const area of [0, 1, 2]) await buffers.write(area, 0, PAGES);
      if (round === 1 || round === 3) await booter.write(0, 0, PAGES);
      await session.fresh();
      ahead += 5_000; // it looks every five seconds
      watch.tick();
      const { state, suspects } = watch.report();
      expect(state).toBe('on');
      found.push(suspects.filter(({ suspicious }) => suspicious).map(({ name }) => name));

      await prober.fill(0, 0, GUESSES, content(1));
      for (const heap of [heapA, heapB]) await heap.fill(0, 0, PAGES, content(11 + round));
      for (let page = 0; page < PAGES; page += 1) await pool.fill(0, page, 1, content(2 + Math.floor(3 * draw())));
      for (const area of [0, 1, 2]) await buffers.fill(area, 0, PAGES, content(5));
      if (round === 1 || round === 3) await booter.fill(0, 0, PAGES, content(0));
    }

    expect(found).toEqual([[], [], [], ['prober'], ['prober'], ['prober']]);
    expect(steps).toMatchObject([{ name: 'prober', what: 'suspicious', score: 1 }]);
    const [suspect] = watch.report().suspects;
    expect(suspect).toMatchObject({ name: 'prober', evidence: { returningPages: RIGHT, sweepShare: 1 } });
    expect(watch.report().missed).toBe(0);
  },
);
