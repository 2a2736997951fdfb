/** The HTML of `ksmpilot report`, as a browser shows it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerReport } from '../../src/cli/report.js';
import { launchBrowser, openPage, violations } from '../helpers/browser.js';
import { runCli } from '../helpers/cli.js';
import { FakeAgent } from '../helpers/fake-agent.js';
import { keepScreenshot } from '../helpers/shown-page.js';

let browser: Browser;
let dir: string;
let url: string;

beforeAll(async () => {
  const agent = new FakeAgent({ pastSec: 8 * 86_400 });
  try {
    const address = `127.0.0.1:${await agent.start()}`;
    const { out } = await runCli(registerReport, ['report', '--agent', address, '--since', '7d', '--format', 'html']);
    dir = mkdtempSync(join(tmpdir(), 'ksmpilot-report-'));
    writeFileSync(join(dir, 'report.html'), out);
    url = pathToFileURL(join(dir, 'report.html')).href;
  } finally {
    agent.stop();
  }
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the report as HTML', () => {
  it.each([
    ['light', 360],
    ['dark', 360],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('reads well in %s at %i px', async (colorScheme, width) => {
    const { page, complaints } = await openPage(browser, url, { colorScheme, viewport: { width, height: 900 } });
    expect(await page.locator('h1').innerText()).toBe('Memory merging on hv-7');
    expect(await page.locator('figure svg').count()).toBeGreaterThan(0);
    await keepScreenshot(page, `report-${colorScheme}-${width}`);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
