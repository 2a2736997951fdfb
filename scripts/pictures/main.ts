/** The pictures of the page in the README. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage } from '../../test/helpers/browser.js';
import { freePort, startRealRun } from '../../test/helpers/real-run.js';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
/** Until the machines have booted and merged, the late one too, and the tuner has come to rest. */
const SETTLED_MS = 240_000;
const ANSWER = { timeout: 30_000 };
/** The busy one: it has breaks to show. */
const GUEST = 'demo-vm-2';

export async function main(): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), 'ksmpilot-pictures-'));
  const [grpc, http] = [await freePort(), await freePort()];
  const run = await startRealRun(
    ['--demo', '--qemu', '3', '--grpc', `127.0.0.1:${grpc}`, '--http', `127.0.0.1:${http}`, '--state-dir', stateDir],
    180_000,
  );
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser, run.url, {
      viewport: { width: 1280, height: 1080 },
      colorScheme: 'light',
    });
    await counted(SETTLED_MS);
    await page.screenshot({ path: join(DOCS, 'page.png') });
    await openGuest(page);
    await page.screenshot({ path: join(DOCS, 'guest.png'), fullPage: true });
    console.log('docs/page.png and docs/guest.png are written.');
  } finally {
    await browser.close();
    await run.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function openGuest(page: Page): Promise<void> {
  await page.evaluate("location.hash = '#/guests'");
  await page.getByRole('link', { name: GUEST }).first().click();
  for (const question of ['why', 'map']) {
    await page.getByTestId(`${question}-ask`).click(ANSWER);
    await page.getByTestId(`${question}-answer`).locator('*').first().waitFor(ANSWER);
  }
  await page.mouse.move(0, 0);
  await counted(2_000);
}

async function counted(ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let left = ms; left > 0; left = end - performance.now()) {
    if (left > 10_000) console.log(`${Math.round(left / 1_000)} s to go`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, 30_000)));
  }
}
