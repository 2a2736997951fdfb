import { existsSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { cost, initialCost, updateCost } from '../../src/tuner/cost.js';
import { costOfPages } from '../../src/tuner/cost-split.js';
import { lapse } from '../../src/tuner/reading.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { writeKnobs } from '../helpers/knobs.js';
import { lookAtHost } from '../helpers/look.js';

useKernel();

const SKIPPED_WITHOUT = 'this kernel has no smart_scan (6.7)';

beforeEach(({ skip }) => {
  if (existsSync('/sys/kernel/mm/ksm/smart_scan')) return;
  process.stderr.write(`SKIPPED: ${SKIPPED_WITHOUT}\n`);
  skip(SKIPPED_WITHOUT);
});

const MERGED = 8009;
const OWN = 10_007;

it('foresees what full scans cost with smart_scan off, from those with it on', async () => {
  await using ksmd = await FullScans.start({ smart_scan: 1 });
  await using first = await Guest.start('cost-a');
  await using second = await Guest.start('cost-b');
  await first.map(0, MERGED, 'unique', 78);
  await second.map(0, MERGED, 'unique', 78);
  await first.map(1, OWN, 'random');
  let scan = 0;
  const look = () => lookAtHost({ monoMs: (scan += 1) * 1000, ksmdCpuNs: ksmd.cpuNs(), offered: 2 * MERGED + OWN });
  let state = initialCost;
  let previous = look();
  const step = async () => {
    await ksmd.step();
    const next = look();
    const gap = lapse(previous, next, () => 0);
    previous = next;
    if (gap.kind !== 'interval') throw new Error(`no interval: ${gap.kind}`);
    return gap.interval;
  };
  for (let n = 0; n < 27; n += 1) state = updateCost(state, await step(), 0);

  const told = cost(state, true);
  const foreseen = costOfPages(state.split, 2 * MERGED, OWN + 1, 0);
  writeKnobs({ smart_scan: 0 });
  const plain = ((await step()).cpuSec ?? NaN) / 2 + ((await step()).cpuSec ?? NaN) / 2;
  process.stderr.write(
    `full scan with smart_scan off: ${(foreseen.value * 1e3).toFixed(1)} +- ${(foreseen.plusMinus * 1e3).toFixed(1)} ms ` +
      `foreseen, ${(plain * 1e3).toFixed(1)} ms seen; us a page: merged ${micro(told.perMerged)}, ` +
      `unmerged ${micro(told.perUnmerged)}, scanned ${micro(told.perScanned)}, skipped ${micro(told.perSkipped)}\n`,
  );
  expect(foreseen.value / plain).toBeGreaterThan(0.6);
  expect(foreseen.value / plain).toBeLessThan(1.6);
  // With the mean of the pages scanned so far it would have been far too little.
  expect((told.perScanned.value * (2 * MERGED + OWN)) / plain).toBeLessThan(0.8);
});

function micro({ value, plusMinus }: { readonly value: number; readonly plusMinus: number }): string {
  return `${(value * 1e6).toFixed(2)} +- ${(plusMinus * 1e6).toFixed(2)}`;
}
