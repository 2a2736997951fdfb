/** The page in a real browser, in front of the real agent with its demonstration guests, on this kernel's KSM. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { canvasColours, launchBrowser, openPage, samplesHeld, violations, type Opened } from '../helpers/browser.js';
import { enterKernel } from '../helpers/kernel-lock.js';
import { saveKnobs } from '../helpers/knobs.js';
import { freePort, startRealRun, type RealRun } from '../helpers/real-run.js';

const SOON = { timeout: 20_000 };
/** The demonstration guests fill their memory first, and two full scans come before the first merges of a guest. */
const MERGED = { timeout: 60_000 };

let kernel: Awaited<ReturnType<typeof enterKernel>> | undefined;
let knobs: ReturnType<typeof saveKnobs> | undefined;
let browser: Browser | undefined;
let stateDir: string | undefined;
let args: string[] = [];
let run: RealRun | undefined;
let opened: Opened | undefined;

beforeAll(async () => {
  kernel = await enterKernel();
  if (kernel.obstacle !== undefined) return;
  knobs = saveKnobs();
  stateDir = await mkdtemp(join(tmpdir(), 'ksmpilot-browser-'));
  const [grpc, http] = [await freePort(), await freePort()];
  args = [
    '--demo',
    '--mode',
    'auto',
    '--grpc',
    `127.0.0.1:${grpc}`,
    '--http',
    `127.0.0.1:${http}`,
    '--state-dir',
    stateDir,
  ];
  browser = await launchBrowser();
  run = await startRealRun(args);
  opened = await openPage(browser, run.url.replace(/#.*$/, ''), { colorScheme: 'light' });
});

afterAll(async () => {
  await browser?.close();
  await run?.stop();
  await knobs?.restore();
  if (stateDir !== undefined) await rm(stateDir, { recursive: true, force: true });
  kernel?.leave();
});

/** Skips where this host cannot run it; `enterKernel` has said why, and fails in CI. */
function ready(context: TestContext): Opened & { browser: Browser } {
  if (opened === undefined || browser === undefined) return context.skip(kernel?.obstacle ?? 'the agent did not start');
  return { ...opened, browser };
}

const text = (page: Page, testId: string): Promise<string> => page.getByTestId(testId).innerText();

/** Shows another view, as a click on its name does. */
async function show(page: Page, view: string): Promise<void> {
  await page.getByTestId(`nav-${view}`).click();
  await expect
    .poll(() => page.locator('nav [aria-current="page"]').getAttribute('data-testid'), SOON)
    .toBe(`nav-${view}`);
}

async function savedBytes(page: Page): Promise<number> {
  const [, figure = '', unit = ''] = /^([\d.]+) (\w+)$/.exec(await text(page, 'saved')) ?? [];
  return Number(figure) * 1024 ** ['B', 'KiB', 'MiB', 'GiB'].indexOf(unit);
}

describe('the page in front of the real agent', () => {
  it('sees the saving rise', async (context) => {
    const { page } = ready(context);
    await expect.poll(() => text(page, 'link'), SOON).toBe('live');
    let least = Infinity;
    const risen = async (): Promise<boolean> => {
      const saved = await savedBytes(page);
      least = Math.min(least, saved);
      return saved > 1024 ** 2 && saved > least * 1.2;
    };
    await expect.poll(risen, MERGED).toBe(true);
    expect(await text(page, 'net-more')).toContain('GiB per core');
  });

  it.for([
    ['overview', ['saved', 'cpu', 'net', 'risk']],
    ['scanner', ['scan', 'scan-time', 'cost', 'cpu', 'merges', 'states', 'knobs']],
    ['breaks', ['breaks-by-guest', 'breaks']],
  ] as const)('draws every chart of the view %s', async ([view, charts], context) => {
    const { page } = ready(context);
    await show(page, view);
    for (const chart of charts) {
      await expect.poll(() => canvasColours(page, `chart-${chart}`), { message: chart, ...MERGED }).toBeGreaterThan(5);
    }
  });

  it('says which tier charges COW breaks to processes, and adds them up', async (context) => {
    const { page } = ready(context);
    await show(page, 'breaks');
    await expect.poll(() => text(page, 'breaks-note'), MERGED).toMatch(/^(Fentry|Kprobe|Tracepoint) tier[,:] /);
    const sum = await page.evaluate<{ parts: number; all: number }>(`(() => {
      const cells = [...document.querySelectorAll('[data-testid="breaks"] td')].map((cell) => cell.textContent);
      const known = cells.filter((text) => /\\d/.test(text)).map((text) => Number(text.replaceAll(',', '')));
      return { all: known.at(-1), parts: known.slice(0, -1).reduce((sum, value) => sum + value, 0) };
    })()`);
    expect(sum.parts).toBe(sum.all);
  });

  it('says what full scans took', async (context) => {
    const { page } = ready(context);
    await show(page, 'scanner');
    const head = page.getByRole('rowheader', { name: 'Full scans in this time' });
    const scans = page.getByTestId('scanner-facts').locator('tr').filter({ has: head }).locator('td');
    await expect.poll(async () => Number((await scans.innerText()).replaceAll(',', '')), MERGED).toBeGreaterThan(1);
  });

  it('lists the demonstration guests with what they save', async (context) => {
    const { page } = ready(context);
    await show(page, 'guests');
    const guests = page.getByTestId('guests');
    await expect
      .poll(async () => (await guests.locator('tbody th').allInnerTexts()).join(' '), SOON)
      .toMatch(/demo-web-1[^]*demo-web-2|demo-web-2[^]*demo-web-1/);
    const web = guests.locator('tbody tr').filter({ hasText: 'demo-web-1' });
    await expect.poll(() => web.innerText(), SOON).toMatch(/[\d.]+ MiB/);
  });

  it('shows the knobs beside the baseline, and why they were moved', async (context) => {
    const { page } = ready(context);
    await show(page, 'tuner');
    await expect.poll(() => page.getByTestId('knobs').locator('tr.moved').count(), SOON).toBeGreaterThan(0);
    await expect.poll(() => page.getByTestId('decisions').locator('.moves').count(), SOON).toBeGreaterThan(0);
  });

  it.for(['overview', 'scanner', 'breaks', 'guests', 'tuner', 'host'])(
    'is accessible and quiet in the view %s, in light and dark',
    async (view, context) => {
      const { page, complaints } = ready(context);
      await show(page, view);
      expect(await violations(page)).toEqual([]);
      await page.getByTestId('theme').click();
      expect(await violations(page)).toEqual([]);
      await page.getByTestId('theme').click();
      expect(complaints).toEqual([]);
    },
  );

  it('refuses to switch the mode without the token, and does it with the token', async (context) => {
    const { page, browser: chromium } = ready(context);
    await show(page, 'tuner');
    const refused = await page.evaluate<number>(`fetch('api/mode', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer wrong' },
      body: '{"mode":"observe"}',
    }).then((response) => response.status)`);
    expect(refused).toBe(401);
    const trusted = await openPage(chromium, run?.url ?? '');
    expect(trusted.page.url()).not.toContain('token');
    await expect.poll(() => text(trusted.page, 'link'), SOON).toBe('live');
    await show(trusted.page, 'tuner');
    await expect.poll(() => trusted.page.getByTestId('mode-auto').getAttribute('aria-pressed'), SOON).toBe('true');
    await trusted.page.getByTestId('mode-advise').click();
    await expect.poll(() => page.getByTestId('mode-advise').getAttribute('aria-pressed'), SOON).toBe('true');
    await trusted.page.getByTestId('mode-auto').click();
    await expect.poll(() => page.getByTestId('mode-auto').getAttribute('aria-pressed'), SOON).toBe('true');
    expect(trusted.complaints).toEqual([]);
    await trusted.page.context().close();
  });

  it('comes back by itself when the agent was restarted', async (context) => {
    const { page, complaints } = ready(context);
    await run?.stop();
    await expect.poll(() => text(page, 'link'), SOON).toContain('does not answer');
    run = await startRealRun(args);
    await expect.poll(() => text(page, 'link'), SOON).toBe('live');
    const before = await samplesHeld(page);
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(before + 2);
    expect(complaints).toEqual([]);
  });
});
