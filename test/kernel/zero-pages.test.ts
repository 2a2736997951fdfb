import { existsSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { readKsmSysfs } from '../../src/agent/kernel/ksm-sysfs.js';
import { adviseZeroPages, type ZeroPagesAdvice } from '../../src/agent/model/zero-pages.js';
import { ksmpilot } from '../helpers/agent-process.js';
import { FullScans } from '../helpers/full-scans.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm } from '../helpers/knobs.js';

// The advice to switch use_zero_pages on, and whether what it promises comes true; docs/switches.md has the evidence.

useKernel();

const PAGE = 4096;
const GUESTS = 3;
const ZEROS = 8219;
const OWN = 2003;
const SKIPPED_WITHOUT = 'this kernel does not count zero pages (6.6)';

beforeEach(({ skip }) => {
  if (existsSync('/sys/kernel/mm/ksm/ksm_zero_pages')) return;
  process.stderr.write(`SKIPPED: ${SKIPPED_WITHOUT}\n`);
  skip(SKIPPED_WITHOUT);
});

interface Seen {
  /** As `ksm_stat` and the kernel's `general_profit` have it, bytes. */
  readonly profit: number;
  readonly advice: ZeroPagesAdvice | undefined;
  /** Codes that `doctor` tells. */
  readonly codes: readonly string[];
}

/** Guests with many zeros, or as many pages that are equal in all of them, merged with the switch as told. */
async function merged(use_zero_pages: 0 | 1, content: 'zero' | 'unique'): Promise<Seen> {
  await using ksmd = await FullScans.start({ smart_scan: 0, use_zero_pages });
  const guests: Guest[] = [];
  try {
    for (let n = 0; n < GUESTS; n += 1) {
      const guest = await Guest.start(`zeros-${n}`);
      guests.push(guest);
      await guest.map(0, ZEROS, content, 1);
      await guest.map(1, OWN, 'random');
    }
    const profitBefore = readKsm('general_profit');
    await ksmd.step(3);
    const { problems } = JSON.parse((await ksmpilot('doctor', '--json')).stdout) as { problems: { code: string }[] };
    return {
      profit: readKsm('general_profit') - profitBefore,
      advice: adviseZeroPages(readKsmSysfs()?.values, PAGE),
      codes: problems.map(({ code }) => code),
    };
  } finally {
    for (const guest of guests) await guest[Symbol.asyncDispose]();
  }
}

it('is given where zeros are most of what merges, and brings what it promises', async () => {
  const off = await merged(0, 'zero');
  expect(off.codes).toContain('ZERO_PAGES_ADVISED');
  expect(off.advice).toMatchObject({ contents: 1, copies: GUESTS * ZEROS });
  const on = await merged(1, 'zero');
  expect(on.codes).not.toContain('ZERO_PAGES_ADVISED');
  const promised = off.advice?.gainBytes ?? NaN;
  expect(Math.abs(on.profit - off.profit - promised)).toBeLessThan(0.02 * promised);
});

it('is not given where ordinary pages merge', async () => {
  const { advice, codes } = await merged(0, 'unique');
  expect(advice).toBeUndefined();
  expect(codes).not.toContain('ZERO_PAGES_ADVISED');
});
