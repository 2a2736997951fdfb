/** The page as a page: where it comes from, its colours, its way back after a break, and what it costs to leave it open. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Gateway } from '../../web/gateway/gateway.js';
import { launchBrowser, PAGE_DIR, samplesHeld } from '../helpers/browser.js';
import { FakeAgent, PROTO_DIR, type FakeAgentOptions } from '../helpers/fake-agent.js';
import { startFakePage } from '../helpers/fake-page.js';
import { showPage, SOON, textOf, type ShownPage } from '../helpers/shown-page.js';

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

const show = async (agent: FakeAgentOptions, options: Parameters<typeof showPage>[2] = {}): Promise<ShownPage> =>
  (shown = await showPage(browser, agent, options));

describe('a page that is left alone', () => {
  it('comes back when the agent does', async () => {
    const { page, served: at } = await show({ historySec: 100 });
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(90);
    at.agent.stop();
    await expect.poll(() => textOf(page, 'link'), SOON).toContain('agent lost');
    const again = new FakeAgent({ port: at.agentPort, historySec: 5 });
    await again.start();
    try {
      await expect.poll(() => textOf(page, 'link'), SOON).toBe('live');
      const before = await samplesHeld(page);
      await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(before + 1);
      expect(before).toBeGreaterThan(90);
    } finally {
      again.stop();
    }
  });

  it('comes back when the gateway does', async () => {
    const { page, served: at } = await show({ historySec: 100 });
    await at.gateway.stop();
    await expect.poll(() => textOf(page, 'link'), SOON).toContain('ksmpilot does not answer');
    const again = new Gateway({
      address: `127.0.0.1:${at.port}`,
      agents: [{ name: 'hv-7', address: `127.0.0.1:${at.agentPort}` }],
      pageDir: PAGE_DIR,
      protoDir: PROTO_DIR,
      log: { info: () => undefined, warn: () => undefined },
    });
    await again.start();
    try {
      await expect.poll(() => textOf(page, 'link'), SOON).toBe('live');
      expect(await samplesHeld(page)).toBeGreaterThan(90);
    } finally {
      await again.stop();
    }
  });

  it('asks for no more memory with each hour', async () => {
    // Eighty samples a second: an hour of a page in less than a minute.
    const { page, served: at } = await show({ historySec: 100, intervalMs: 12 }, { hash: '#/breaks' });
    const measured = async (samples: number): Promise<number> => {
      await expect.poll(() => samplesHeld(page), { timeout: 120_000 }).toBeGreaterThan(samples);
      // Between two drawings, so that what one of them is made of does not count.
      at.agent.hold(true);
      await page.waitForTimeout(1_000);
      const bytes = await heapBytes(page);
      at.agent.hold(false);
      return bytes;
    };
    // By then the curves of the guests are as long as they get, and the charts as full.
    const before = await measured(1_900);
    const grown = (await measured(1_900 + 3_600)) - before;
    // 400 bytes for each sample that came.
    expect(grown).toBeLessThan(3_600 * 400);
  }, 300_000);

  it('leaves nothing behind in views that were left', async () => {
    const { page } = await show({ historySec: 100 });
    const counters = async (): Promise<{ nodes: number; jsEventListeners: number }> => {
      await heapBytes(page);
      const session = await page.context().newCDPSession(page);
      const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
      await session.detach();
      return { nodes, jsEventListeners };
    };
    const round = async (): Promise<void> => {
      for (const view of ['scanner', 'breaks', 'overview']) {
        await page.getByTestId(`nav-${view}`).click();
        await expect.poll(() => page.locator('main canvas').count(), SOON).toBeGreaterThan(3);
      }
    };
    for (let turn = 0; turn < 2; turn += 1) await round();
    const before = { ...(await counters()), bytes: await heapBytes(page) };
    for (let turn = 0; turn < 8; turn += 1) await round();
    const after = await counters();
    // One view that stayed would have some 200 nodes.
    expect(after.nodes - before.nodes).toBeLessThan(100);
    expect(after.jsEventListeners - before.jsEventListeners).toBeLessThan(20);
    // 17 charts a round.
    expect((await heapBytes(page)) - before.bytes).toBeLessThan(8 * 17 * 20_000);
  });
});

/** What JavaScript holds after everything that can go is gone. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

it('goes from light to dark and remembers', async () => {
  const { page } = await show({}, { colorScheme: 'light' });
  const background = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const light = await background();
  await page.getByTestId('theme').click();
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  expect(await background()).toBe(dark);
  expect(await page.getByTestId('theme').innerText()).toBe('Light');
});

it('is used by keyboard: to the content, from view to view', async () => {
  const { page } = await show({});
  await page.keyboard.press('Tab');
  expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('To the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate<string>('document.activeElement.id')).toBe('view');
  expect(page.url()).not.toContain('#view');
  await page.getByTestId('nav-scanner').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.title(), SOON).toBe('Scanner – ksmpilot');
  expect(await page.getByTestId('nav-scanner').getAttribute('aria-current')).toBe('page');
  await page.goBack();
  await expect.poll(() => page.title(), SOON).toBe('Overview – ksmpilot');
});

it('is not given to a name that somebody made resolve to this host', async () => {
  const served = await startFakePage({}, { pageDir: PAGE_DIR });
  const fooled = await launchBrowser(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
  try {
    const page = await fooled.newPage();
    const response = await page.goto(`http://evil.example:${served.port}/`);
    expect(response?.status()).toBe(403);
    expect(await page.content()).not.toContain('<main');
  } finally {
    await fooled.close();
    await served.stop();
  }
});
