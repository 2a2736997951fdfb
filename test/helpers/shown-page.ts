/** The page in a browser, in front of a fake agent. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchBrowser, openPage, PAGE_DIR, type Opened } from './browser.js';
import type { FakeAgentOptions } from './fake-agent.js';
import { startFakePage, type FakePage } from './fake-page.js';

export const SOON = { timeout: 15_000 };

export interface ShownPage extends Opened {
  readonly served: FakePage;
}

/** Resolves once samples flow. The caller stops `served`. */
export async function showPage(
  browser: Browser,
  agent: FakeAgentOptions,
  { hash = '', ...context }: { readonly hash?: string } & BrowserContextOptions = {},
): Promise<ShownPage> {
  const served = await startFakePage(agent, { pageDir: PAGE_DIR });
  const opened = await openPage(browser, `${served.url}${hash}`, context);
  await expect.poll(() => textOf(opened.page, 'link'), SOON).toBe('live');
  return { ...opened, served };
}

export const textOf = (page: Page, testId: string): Promise<string> => page.getByTestId(testId).innerText();

/** Where the plot of a chart lies in its canvas, and how to get from a time to a pixel of it. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the page's debug handle says of a chart. */
export function plotArea(page: Page, testId: string): Promise<PlotArea> {
  return page.evaluate<PlotArea>(`window.__ksmpilot.plot(${JSON.stringify(testId)})`);
}

/** Opaque pixels in the column of a canvas at a time, as a share of its height; a filled area has many. */
export async function inkAt(page: Page, testId: string, timeMs: number): Promise<number> {
  const { left, right, fromMs, toMs, top, bottom } = await plotArea(page, testId);
  const x = left + ((timeMs - fromMs) / (toMs - fromMs)) * (right - left);
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector('[data-testid="${testId}"]');
    const scale = canvas.width / canvas.clientWidth;
    const height = Math.round(${bottom - top} * scale);
    const { data } = canvas.getContext('2d').getImageData(Math.round(${x} * scale), Math.round(${top} * scale), 1, height);
    let inked = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) inked += 1;
    return inked / height;
  })()`);
}

/** Kept as output of CI: in $KSMPILOT_SCREENSHOTS, else test-results/screenshots. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const dir =
    process.env['KSMPILOT_SCREENSHOTS'] ?? join(import.meta.dirname, '..', '..', 'test-results', 'screenshots');
  await mkdir(dir, { recursive: true });
  await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true });
}

/** Widths and heights that each view is looked at in. */
export const SIZES = [
  [360, 800],
  [1280, 900],
  [3840, 2160],
] as const;

/**
 * One browser for the tests of a file, and a page for each; to be called at the top of the file. What a test showed is
 * closed after it.
 *
 * @param hash the address to open unless the test names one
 */
export function pageShower(
  hash: string,
): (agent: FakeAgentOptions, options?: { readonly hash?: string } & BrowserContextOptions) => Promise<ShownPage> {
  let browser: Browser;
  let shown: ShownPage | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await shown?.served.stop();
    shown = undefined;
  });
  return async (agent, options = {}) => (shown = await showPage(browser, agent, { hash, ...options }));
}
