/** The host's view in a real browser, in front of a fake agent. */

import { expect, it } from 'vitest';
import { violations } from '../helpers/browser.js';
import { keepScreenshot, pageShower, SIZES, SOON, textOf } from '../helpers/shown-page.js';

const show = pageShower('#/host');

it.each([
  ['light', 'full'],
  ['dark', 'bare'],
] as const)('looks well in %s on a host where the agent can see: %s', async (colorScheme, profile) => {
  const { page, complaints } = await show({ historySec: 300, profile }, { colorScheme });
  await expect.poll(() => page.getByTestId('features').locator('li').count(), SOON).toBe(9);
  await expect.poll(() => page.getByTestId('config').innerText(), SOON).toContain('tuner.gibPerCore');
  expect(await violations(page)).toEqual([]);
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await keepScreenshot(page, `host-${width}-${colorScheme}`);
  }
  expect(complaints).toEqual([]);
});

it('says that nothing is missing where nothing is', async () => {
  const { page } = await show({ historySec: 300 });
  await expect.poll(() => textOf(page, 'problems'), SOON).toContain('Nothing is missing on this host');
  expect(await page.getByTestId('features').locator('li.absent').count()).toBe(0);
  expect(await textOf(page, 'host-memory')).toMatch(/If all unmerged at once\s+\d/);
  expect(await textOf(page, 'host-agent')).toMatch(/Has run for\s+5(\.\d)? min/);
  expect(await textOf(page, 'host-tier')).toContain('COW breaks: Tracepoint tier');
  expect(await page.getByTestId('config').innerText()).toMatch(/tuner\.maxCpuPct\s+25/);
});

it('says what is missing, with its cure', async () => {
  const { page } = await show({ historySec: 100, profile: 'bare' });
  await expect.poll(() => page.getByTestId('problems').locator('li').count(), SOON).toBe(3);
  const problems = await textOf(page, 'problems');
  expect(problems).toContain('BPFTRACE_MISSING bpftrace is not installed.');
  expect(problems).toMatch(/Run\s+apt-get install bpftrace/);
  expect(problems).toContain('ksmtuned moves the same knobs');
  expect(problems).toContain('The probe scanner is unavailable.');
  expect(await page.getByTestId('features').locator('li.absent').count()).toBe(5);
  expect(await page.getByTestId('probes').innerText()).toContain('unavailable');
});
