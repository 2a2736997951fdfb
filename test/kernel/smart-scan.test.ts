import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, writeKnobs } from '../helpers/knobs.js';

// docs/smart-scan.md tells what these tests show and why it is so.

useKernel();

const SKIPPED_WITHOUT = 'this kernel has no smart_scan (6.7)';

beforeEach(({ skip }) => {
  if (existsSync('/sys/kernel/mm/ksm/smart_scan')) return;
  process.stderr.write(`SKIPPED: ${SKIPPED_WITHOUT}\n`);
  skip(SKIPPED_WITHOUT);
});

/** Whether ksmd looks at a page on its `visit`-th full scan, the first being 1: 1, 2, 3, 4, 6, 9, 14, 23 and every 9th. */
function looks(visit: number): boolean {
  return [1, 2, 3, 4, 6, 9].includes(visit) || (visit >= 14 && visit % 9 === 5);
}

/**
 * Full scan, counted from the first page's first one, at which two equal pages meet: both are looked at, and neither
 * for the first time since it got its content (the first look takes the checksum). Undefined: never.
 *
 * @param offset full scans between the first visits of the two
 * @param filled full scan after which both got that content; 0: they had it from the start
 */
function meeting(offset: number, filled = 0): number | undefined {
  const looksSince = { old: 0, young: 0 };
  for (let scan = filled + 1; scan < filled + 1000; scan += 1) {
    const old = looks(scan);
    const young = scan > offset && looks(scan - offset);
    if (old && young && looksSince.old > 0 && looksSince.young > 0) return scan;
    if (old) looksSince.old += 1;
    if (young) looksSince.young += 1;
  }
  return undefined;
}

/** Pages in each copy of the content; a prime, see test/README.md. */
const COPY = 499;

/**
 * The full scan at which the two copies of each guest merged (undefined: not within `scans`), by offset. There is a guest
 * for each offset: full scan 1 is the first to visit its one copy, full scan 1 + offset the first to visit the other.
 *
 * @param filled full scan after which both are written, and so become equal; 0: they are equal from the start
 */
async function mergedAt(options: {
  ksmd: FullScans;
  offsets: readonly number[];
  scans: number;
  filled?: number;
}): Promise<Record<number, number | undefined>> {
  const { ksmd, offsets, scans, filled = 0 } = options;
  const seen: Record<number, number | undefined> = {};
  const guests = new Map<number, Guest>();
  try {
    for (const offset of offsets) guests.set(offset, await Guest.start(`offset-${offset}`));
    for (let scan = 0; scan <= scans; scan += 1) {
      if (scan > 0) await ksmd.step();
      for (const [offset, guest] of guests) {
        const merging = guest.mergingPages();
        if (merging === 2 * COPY) seen[offset] ??= scan;
        else if (merging > 0) throw new Error(`offset ${offset}: ${merging} of ${2 * COPY} merged by scan ${scan}`);
        if (scan === 0) await guest.map(0, COPY, 'unique', 1000 + offset);
        if (scan === offset) await guest.map(1, COPY, 'unique', (filled > 0 ? 2000 : 1000) + offset);
        if (scan > 0 && scan === filled) for (const area of [0, 1]) await guest.fill(area, 0, COPY, 3000 + offset);
      }
    }
  } finally {
    for (const guest of guests.values()) await guest[Symbol.asyncDispose]();
  }
  return seen;
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const predicted = (offsets: readonly number[], filled = 0): Record<number, number | undefined> =>
  Object.fromEntries(offsets.map((offset) => [offset, meeting(offset, filled)]));

describe('smart_scan', () => {
  it('keeps 5,000 pages and their copies apart for 45 full scans, and merges all within 2 once it is off', async () => {
    await using ksmd = await FullScans.start({ smart_scan: 1 });
    await using old = await Guest.start('smart-old');
    await using young = await Guest.start('smart-young');
    await old.map(0, 5000, 'unique', 1);
    await ksmd.step(13);
    await young.map(0, 5000, 'unique', 1);
    await ksmd.step(45);
    expect([old.mergingPages(), young.mergingPages(), readKsm('pages_sharing')]).toEqual([0, 0, 0]);

    writeKnobs({ smart_scan: 0 });
    await ksmd.step(2);
    expect([old.mergingPages(), young.mergingPages(), readKsm('pages_sharing')]).toEqual([5000, 5000, 5000]);
  });

  it('merges copies of the same phase at their second visit', async () => {
    await using ksmd = await FullScans.start({ smart_scan: 1 });
    await using a = await Guest.start('smart-a');
    await using b = await Guest.start('smart-b');
    await a.map(0, 5000, 'unique', 1);
    await b.map(0, 5000, 'unique', 1);
    await ksmd.step(1);
    expect(readKsm('pages_sharing')).toBe(0);
    await ksmd.step(1);
    expect([a.mergingPages(), b.mergingPages(), readKsm('pages_sharing')]).toEqual([5000, 5000, 5000]);
  });

  it('decides by the offset alone when, and whether, a later copy merges', async () => {
    const offsets = range(0, 17);
    expect(offsets.filter((offset) => meeting(offset) === undefined)).toEqual([13, 15, 16]);
    await using ksmd = await FullScans.start({ smart_scan: 1 });
    expect(await mergedAt({ ksmd, offsets, scans: 63 })).toEqual(predicted(offsets));
  });

  it('keeps pages apart that aged in different phases and became equal later', async () => {
    const offsets = range(0, 9);
    expect(offsets.filter((offset) => meeting(offset, 33) !== undefined)).toEqual([0, 9]);
    await using ksmd = await FullScans.start({ smart_scan: 1 });
    expect(await mergedAt({ ksmd, offsets, scans: 33 + 45, filled: 33 })).toEqual(predicted(offsets, 33));
  });

  it('does not matter when it is off: all offsets merge at the second visit of the later copy', async () => {
    const offsets = range(0, 17);
    await using ksmd = await FullScans.start({ smart_scan: 0 });
    const expected = Object.fromEntries(offsets.map((offset) => [offset, offset + 2]));
    expect(await mergedAt({ ksmd, offsets, scans: 20 })).toEqual(expected);
  });
});
