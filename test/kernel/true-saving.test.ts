import { existsSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { lapse, type Reading } from '../../src/tuner/reading.js';
import { initialSaving, scansWalked, trueSaving, updateSaving } from '../../src/tuner/saving.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm } from '../helpers/knobs.js';
import { lookAtHost } from '../helpers/look.js';

useKernel();

const SKIPPED_WITHOUT = 'this kernel does not count pages_scanned (6.6)';

beforeEach(({ skip }) => {
  if (existsSync('/sys/kernel/mm/ksm/pages_scanned')) return;
  process.stderr.write(`SKIPPED: ${SKIPPED_WITHOUT}\n`);
  skip(SKIPPED_WITHOUT);
});

/** Pages of each of three guests with equal contents, and how many of one guest are written to. */
const PAGES = 5003;
const BROKEN = 1501;

/** The estimator's books, brought up to date after each thing that happens. */
class Books {
  #state = initialSaving;
  #previous: Reading | null = null;
  #now = 0;
  #merges = 0;

  /**
   * @param offered pages that the guests hold at this moment
   * @returns pages saved as the kernel reports and as estimated, and pages merged since the last look
   */
  look(offered: number): { reported: number; saved: number; plusMinus: number; merges: number } {
    this.#now += 1000;
    const reading = lookAtHost({ monoMs: this.#now, ksmdCpuNs: 0, offered });
    const gap = lapse(this.#previous, reading, () => 0);
    this.#previous = reading;
    if (gap.kind === 'interval') {
      const scans = scansWalked(gap.interval, reading.gauges.known);
      const step = updateSaving(this.#state, gap.interval, reading.savedPages, scans);
      this.#state = step.state;
      this.#merges = step.merges;
    }
    const { value, plusMinus } = trueSaving(this.#state, reading.gauges);
    return { reported: reading.savedPages, saved: value, plusMinus, merges: this.#merges };
  }
}

function expectNear(estimate: number, truth: number): void {
  expect(Math.abs(estimate - truth)).toBeLessThan(0.02 * truth);
}

it('knows of broken pages and of guests that ended before ksmd comes round', async () => {
  await using ksmd = await FullScans.start();
  await using first = await Guest.start('saving-a');
  await using second = await Guest.start('saving-b');
  const third = await Guest.start('saving-c');
  try {
    for (const guest of [first, second, third]) await guest.map(0, PAGES, 'unique', 77);
    await ksmd.step(3);
    const books = new Books();
    expect(books.look(3 * PAGES)).toMatchObject({ reported: 2 * PAGES, saved: 2 * PAGES });

    await second.write(0, 0, BROKEN);
    const broken = books.look(3 * PAGES);
    expect(broken.reported).toBe(2 * PAGES);
    expectNear(broken.saved, 2 * PAGES - BROKEN);
    expect(broken.merges).toBe(0);

    await ksmd.step();
    const noticed = books.look(3 * PAGES);
    expect(noticed.reported).toBe(2 * PAGES - BROKEN);
    expectNear(noticed.saved, noticed.reported);
    expect(Math.abs(noticed.merges)).toBeLessThan(0.02 * BROKEN);

    await second.fill(0, 0, BROKEN, 77);
    await ksmd.step(4); // smart_scan passes over them once
    const again = books.look(3 * PAGES);
    expect(again.saved).toBe(2 * PAGES);
    expectNear(again.merges, BROKEN);

    await third[Symbol.asyncDispose]();
    const ended = books.look(2 * PAGES);
    // Pages of an ended process are counted until ksmd passes; two guests share PAGES pages now.
    expect(ended.reported).toBe(2 * PAGES);
    expect(Math.abs(ended.saved - PAGES)).toBeLessThan(Math.max(ended.plusMinus, 0.4 * PAGES));

    await ksmd.step();
    const passed = books.look(2 * PAGES);
    expect(passed.reported).toBe(PAGES);
    expectNear(passed.saved, PAGES);
    expect(Math.abs(passed.merges)).toBeLessThan(0.02 * PAGES);
    expect(readKsm('pages_shared')).toBe(PAGES);
  } finally {
    await third[Symbol.asyncDispose]();
  }
});
