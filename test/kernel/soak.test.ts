import { expect, test } from 'vitest';
import { soak } from '../../bench/soak/soak.js';
import { findings, text } from '../../bench/soak/verdict.js';
import { useKernel } from '../helpers/kernel-session.js';

// The short form of `npm run soak`: the real agent while guests and readers come and go.

useKernel();

const MINUTES = 2;

test(
  'neither memory nor descriptors nor threads grow under churn, and no sample is lost',
  async () => {
    const soaked = await soak(MINUTES, () => undefined);
    const found = findings(soaked.looks);
    expect(
      found.filter(({ ok }) => !ok),
      text(found),
    ).toEqual([]);
    expect(soaked.missed).toBe(0);
    // It was churn: new guests every two seconds, readers every second, also on a host that is slow.
    expect(soaked.guests).toBeGreaterThan(100);
    expect(soaked.readers).toBeGreaterThan(50);
    expect(soaked.looks.at(-1)?.samples).toBeGreaterThan(100);
  },
  (MINUTES + 4) * 60_000,
);
