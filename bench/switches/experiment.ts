import { FullScans } from '../../test/helpers/full-scans.js';
import { Guest } from '../../test/helpers/guest.js';
import { readKsm, writeKnobs } from '../../test/helpers/knobs.js';

/** One switch: its values are tried in turn, `repeats` times over, each on fresh guests. */
export interface Experiment {
  readonly knob: 'use_zero_pages' | 'max_page_sharing' | 'merge_across_nodes' | 'smart_scan';
  /** What is measured on, in one line. */
  readonly workload: string;
  readonly values: readonly number[];
  /** One run; the figures by name, in the order in which the table shows them. */
  run(bench: Bench): Promise<Record<string, number>>;
}

/** The kernel during one run: ksmd does full scans on demand only. */
export interface Bench {
  readonly scans: FullScans;
  /** It ends with the run. */
  readonly guest: () => Promise<Guest>;
  /** ksmd's CPU time for `count` full scans, in milliseconds. */
  readonly scanMs: (count: number) => Promise<number>;
}

/** Runs an experiment once at one value, and leaves no guest and no merged page. */
export async function runOnce(experiment: Experiment, value: number): Promise<Record<string, number>> {
  const guests: Guest[] = [];
  // smart_scan makes the cost of a full scan depend on the age of the pages: off, unless it is what is looked at.
  await using scans = await FullScans.start({ smart_scan: 0, [experiment.knob]: value });
  try {
    return await experiment.run({
      scans,
      async guest(): Promise<Guest> {
        const guest = await Guest.start('bench-guest');
        guests.push(guest);
        return guest;
      },
      async scanMs(count): Promise<number> {
        const before = scans.cpuNs();
        await scans.step(count);
        return (scans.cpuNs() - before) / 1e6;
      },
    });
  } finally {
    for (const guest of guests) await guest[Symbol.asyncDispose]();
    await scans.step(2); // so that the next value of max_page_sharing is not refused with EBUSY
    writeKnobs({ run: 0 });
    if (readKsm('pages_shared') !== 0) process.stderr.write(`${readKsm('pages_shared')} pages are still shared\n`);
  }
}

/** Pages saved, those on the kernel's zero page included. */
export function savedPages(): number {
  return readKsm('pages_sharing') + readKsm('ksm_zero_pages');
}
