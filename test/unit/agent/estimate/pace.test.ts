import { expect, it } from 'vitest';
import { Pace } from '../../../../src/agent/estimate/pace.js';

/** Works in pieces of 7 ms for ten seconds and returns the share of time that was work. */
async function share(maxCpuPct: number): Promise<number> {
  let [now, work] = [0, 0];
  const pace = new Pace({
    maxCpuPct,
    now: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  });
  while (now < 10_000) {
    now += 7;
    work += 7;
    await pace.breathe();
  }
  return work / now;
}

it.each([100, 50, 10])('keeps to %i %% of a core', async (maxCpuPct) => {
  expect(await share(maxCpuPct)).toBeCloseTo(maxCpuPct / 100, 2);
});

it('lets others have their turn also at 100 %', async () => {
  let sleeps = 0;
  let now = 0;
  const pace = new Pace({ maxCpuPct: 100, now: () => now, sleep: () => Promise.resolve((sleeps += 1)) });
  now = 25;
  await pace.breathe();
  expect(sleeps).toBe(1);
});
