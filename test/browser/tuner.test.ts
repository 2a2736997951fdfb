/** The tuner's view in a real browser, in front of a fake agent. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { violations } from '../helpers/browser.js';
import { keepScreenshot, pageShower, SIZES, SOON, textOf } from '../helpers/shown-page.js';

const show = pageShower('#/tuner');

async function signIn(page: Page): Promise<void> {
  await page.getByTestId('sign-in-token').fill('secret');
  await page.getByTestId('sign-in-submit').click();
}

it.each(['light', 'dark'] as const)('looks well in %s', async (colorScheme) => {
  const { page, complaints } = await show({ historySec: 880 }, { colorScheme });
  await expect.poll(() => page.getByTestId('decisions').locator('li').count(), SOON).toBe(4);
  await page.getByTestId('whatif-ask').click();
  await expect.poll(() => page.getByTestId('whatif-table').count(), SOON).toBe(1);
  expect(await violations(page)).toEqual([]);
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await keepScreenshot(page, `tuner-${width}-${colorScheme}`);
  }
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

describe('the mode', () => {
  it('is switched after signing in once, paused, and put back', async () => {
    const { page, served, complaints } = await show({ historySec: 880 });
    await expect.poll(() => page.getByTestId('mode-auto').getAttribute('aria-pressed'), SOON).toBe('true');
    await page.getByTestId('mode-advise').click();
    await signIn(page);
    await expect.poll(() => page.getByTestId('mode-advise').getAttribute('aria-pressed'), SOON).toBe('true');
    expect(await textOf(page, 'mode-means')).toBe('Advise: decides and says so, writes nothing.');
    await page.getByTestId('pause').click();
    await expect.poll(() => textOf(page, 'pause'), SOON).toBe('Resume');
    expect(await textOf(page, 'mode-means')).toContain('Paused');
    await page.getByTestId('restore').click();
    await page.getByTestId('dialog-restore-yes').click();
    await expect.poll(() => textOf(page, 'mode-message'), SOON).toBe('Put back: pages_to_scan 480 → 100.');
    await expect.poll(() => page.getByTestId('mode-observe').getAttribute('aria-pressed'), SOON).toBe('true');
    expect(served.agent.authorizations.filter((one) => one === 'Bearer secret').length).toBeGreaterThanOrEqual(3);
    expect(complaints).toEqual([]);
  });

  it('stays where nobody signs in', async () => {
    const { page } = await show({ historySec: 100 });
    await page.getByTestId('mode-observe').click();
    await page.getByTestId('sign-in-cancel').click();
    await expect.poll(() => textOf(page, 'mode-message'), SOON).toContain('Nothing was changed');
    expect(await page.getByTestId('mode-auto').getAttribute('aria-pressed')).toBe('true');
  });
});

describe('the settings', () => {
  it('are those in force, and only what differs is sent', async () => {
    const { page } = await show({ historySec: 100 });
    const price = page.getByTestId('setting-gib_per_core');
    await expect.poll(() => price.inputValue(), SOON).toBe('8');
    expect(await page.getByTestId('settings-save').isDisabled()).toBe(true);
    await price.fill('12');
    await page.getByTestId('setting-may_stop').uncheck();
    await page.getByTestId('settings-save').click();
    await signIn(page);
    await expect.poll(() => textOf(page, 'settings-message'), SOON).toMatch(/^Changed\./);
    const inForce = await page.evaluate<{ tuner: Record<string, unknown> }>(
      `fetch('api/settings').then((one) => one.json())`,
    );
    expect(inForce.tuner).toMatchObject({ gib_per_core: 12, max_cpu_pct: 25, may_start: true, may_stop: false });
    await page.reload();
    await expect.poll(() => price.inputValue(), SOON).toBe('12');
  });

  it('that cannot be are marked and not sent', async () => {
    const { page, served } = await show({ historySec: 100 });
    const cap = page.getByTestId('setting-max_cpu_pct');
    await expect.poll(() => cap.inputValue(), SOON).toBe('25');
    await cap.fill('400');
    await cap.press('Enter');
    expect(await page.getByText('CPU cap is a number from 1 to 100 % of a core.').count()).toBe(1);
    expect(await cap.getAttribute('aria-invalid')).toBe('true');
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('settings-undo').click();
    expect(await cap.inputValue()).toBe('25');
    expect(served.agent.authorizations).toEqual([]);
  });
});

it('says what was decided, what it expected, and what came of it', async () => {
  const { page } = await show({ historySec: 880 });
  const log = page.getByTestId('decisions').locator('li');
  await expect.poll(() => log.count(), SOON).toBe(4);
  expect(await log.nth(1).innerText()).toContain('demo-late offered 256 MiB of new memory.');
  expect(await log.nth(1).innerText()).toContain('pages_to_scan 620 → 2400');
  expect(await log.nth(1).innerText()).toContain('✓ As expected');
  expect(await log.nth(2).innerText()).toContain('✗ Not as expected');
  expect(await textOf(page, 'decisions-kept')).toBe('Of 3 expectations that are due, 2 came true.');
  expect(await page.getByTestId('knobs').locator('tr.moved').count()).toBe(3);
});

it('replays what other policies would have done, best first after what really ran', async () => {
  const { page } = await show({ historySec: 100 });
  await page.getByTestId('whatif-span').selectOption('3600');
  await page.getByTestId('whatif-ask').click();
  const rows = page.getByTestId('whatif-table').locator('tbody tr');
  await expect
    .poll(() => rows.locator('th').allInnerTexts(), SOON)
    .toEqual(['recorded what really ran', 'ksmpilot ★ best', 'advisor', 'off', 'default', 'ksmtuned']);
  expect(await rows.nth(5).locator('.loss').count()).toBe(1);
  expect(await textOf(page, 'whatif-answer')).toContain('60 min of a recorded host, priced at 8 GiB a core.');
  expect(await textOf(page, 'whatif-answer')).toContain('the saving comes out 3.1 % off');
});
