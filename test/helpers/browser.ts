/** Debian's Chromium, headless, for the tests of the page. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** The page as `npm run build` leaves it, or another build of it. */
export const PAGE_DIR =
  process.env['KSMPILOT_PAGE_DIR'] ?? join(import.meta.dirname, '..', '..', 'dist', 'web', 'page');

/** With a user-data folder of its own, which goes with the browser. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  if (!existsSync(join(PAGE_DIR, 'index.html'))) throw new Error(`${PAGE_DIR} holds no page: run \`npm run build\``);
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

export interface Opened {
  readonly page: Page;
  /** Console errors, uncaught exceptions and requests to elsewhere, as they come. */
  readonly complaints: string[];
}

/**
 * Opens `url` in a context of its own. Failed requests to the gateway itself are no complaint: tests take the agent away
 * on purpose.
 */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const { origin } = new URL(url);
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** All that axe finds wrong, one line each. */
export async function violations(page: Page): Promise<string[]> {
  return (await axeResults(page)).map(lineOf);
}

/** Violations that axe calls serious or critical, one line each. */
export async function seriousViolations(page: Page): Promise<string[]> {
  return (await axeResults(page)).filter(({ impact }) => impact === 'serious' || impact === 'critical').map(lineOf);
}

async function axeResults(page: Page): Promise<AxeResult['violations']> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the debugger and not as a script of the page, so that the page's own policy stays in force.
  await page.evaluate(axe);
  return (await page.evaluate<AxeResult>('axe.run()')).violations;
}

function lineOf({ id, nodes }: AxeResult['violations'][number]): string {
  return `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join(' | ')}`;
}

/** What the page's debug handle says. */
export function samplesHeld(page: Page): Promise<number> {
  return page.evaluate<number>('window.__ksmpilot.samples()');
}

/** How many different colours a canvas shows; 1 is blank. Reads every 7th pixel. */
export function canvasColours(page: Page, testId: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector('[data-testid="${testId}"]');
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 28) colours.add(data.slice(at, at + 4).join());
    return colours.size;
  })()`);
}
