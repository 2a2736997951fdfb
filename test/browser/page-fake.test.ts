/** The page in a real browser, in front of a fake agent: what can be shown without a kernel. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  PAGE_DIR,
  canvasColours,
  launchBrowser,
  openPage,
  samplesHeld,
  seriousViolations,
  type Opened,
} from '../helpers/browser.js';
import { FakeAgent, PROTO_DIR, type FakeAgentOptions } from '../helpers/fake-agent.js';
import { startFakePage, type FakePage } from '../helpers/fake-page.js';
import { Gateway } from '../../web/gateway/gateway.js';

const CHARTS = ['saved', 'states', 'cpu', 'scan', 'merges', 'lifetime', 'service', 'knobs'];
const SOON = { timeout: 15_000 };

let browser: Browser;
let served: FakePage | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await served?.stop();
  served = undefined;
});

async function show(
  agent: FakeAgentOptions,
  options: { hash?: string } & Parameters<typeof openPage>[2] = {},
): Promise<Opened & { served: FakePage }> {
  const { hash = '', ...context } = options;
  served = await startFakePage(agent, { pageDir: PAGE_DIR });
  const opened = await openPage(browser, `${served.url}${hash}`, context);
  await expect.poll(() => text(opened.page, 'link'), SOON).toBe('live');
  return { ...opened, served };
}

const text = (page: Page, testId: string): Promise<string> => page.getByTestId(testId).innerText();

/** A cell of the table of breaks, by the title of its row. */
function breaksOf(page: Page, title: string): Promise<string> {
  const head = page.getByRole('rowheader', { name: title, exact: true });
  return page.getByTestId('breaks').locator('tr').filter({ has: head }).locator('td').innerText();
}

describe('the page', () => {
  it.each(['light', 'dark'] as const)(
    'draws everything, complains of nothing and is accessible, in %s',
    async (scheme) => {
      const { page, complaints } = await show({}, { colorScheme: scheme, hash: '#token=secret' });
      await expect.poll(() => text(page, 'saved'), SOON).toMatch(/^1\.\d\d GiB$/);
      expect(await text(page, 'cpu')).toMatch(/^\d+\.\d %$/);
      expect(await text(page, 'net')).toMatch(/^\+0\.\d{3} cores$/);
      expect(await text(page, 'net-more')).toMatch(
        /^1\.\d\d GiB is worth 0\.\d{3} cores at 8 GiB per core; .* merging pays\.$/,
      );
      for (const chart of CHARTS) {
        await expect.poll(() => canvasColours(page, `chart-${chart}`), { message: chart, ...SOON }).toBeGreaterThan(5);
      }
      expect(await page.getByTestId('processes').locator('tbody tr').count()).toBe(6);
      expect(await page.getByTestId('decisions').locator('li').count()).toBe(4);
      expect(await page.getByTestId('knobs').locator('tr.moved').count()).toBe(3);
      expect(await page.getByTestId('missing').isHidden()).toBe(true);
      expect(await seriousViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  it('says that breaks are scaled, by which tier, and marks each figure that is', async () => {
    const { page } = await show({ historySec: 880 });
    await expect
      .poll(() => text(page, 'breaks-note'), SOON)
      .toMatch(/^Tracepoint tier, scaled to the exact total: 8\.0 % were counted one by one; next window in \d+ s\.$/);
    expect(await breaksOf(page, 'remote')).toBe('not seen');
    const parts = await Promise.all(
      ['user', 'kernel', 'guest', 'estimated', 'charged to nobody', 'all'].map((title) => breaksOf(page, title)),
    );
    expect(parts.every((part) => /^[\d,]+$/.test(part))).toBe(true);
    expect(await text(page, 'note-service')).toMatch(/breaks timed from the fault to its end.*99 % less than 33 µs\.$/);
    const churn = page.getByTestId('processes').locator('tr[data-row="2104"] .cow_breaks_total');
    expect(await churn.innerText()).toMatch(/^~[\d,]+$/);
    expect(await text(page, 'processes-note')).toContain('~ is scaled to the exact total.');
  });

  it('says that breaks are counted where they all are', async () => {
    const { page, complaints } = await show({ profile: 'exact', historySec: 880 });
    await expect
      .poll(() => text(page, 'breaks-note'), SOON)
      .toBe('Kprobe tier: every break that it sees is counted, none is scaled.');
    expect(await breaksOf(page, 'unmerge')).toBe('512');
    expect(await breaksOf(page, 'estimated')).toBe('none');
    expect(await breaksOf(page, 'charged to nobody')).toBe('0');
    expect(await page.getByTestId('processes').innerText()).not.toContain('~');
    expect(complaints).toEqual([]);
  });

  it('leaves a gap where nothing was sampled', async () => {
    const { page } = await show({ historySec: 880, gap: { fromSec: 400, toSec: 500 } });
    await expect.poll(() => canvasColours(page, 'chart-saved'), SOON).toBeGreaterThan(5);
    // Opaque pixels in the column of the canvas at that many seconds after the agent's start; a filled area has many.
    const inked = (sec: number): Promise<number> =>
      page.evaluate<number>(`(() => {
        const canvas = document.querySelector('[data-testid="chart-saved"]');
        const scale = canvas.width / canvas.clientWidth;
        const left = 61 * scale, right = canvas.width - 6 * scale;
        const x = Math.round(left + (right - left) * (1 - (880 - ${sec}) / 900));
        const { data } = canvas.getContext('2d').getImageData(x, 0, 1, canvas.height);
        let inked = 0;
        for (let at = 3; at < data.length; at += 4) if (data[at] > 0) inked += 1;
        return inked / canvas.height;
      })()`);
    expect(await inked(350)).toBeGreaterThan(0.4);
    expect(await inked(450)).toBeLessThan(0.15);
    expect(await inked(550)).toBeGreaterThan(0.4);
  });

  it('shows what is unknown as a dash, and what is missing with its cure', async () => {
    const { page, complaints } = await show({ profile: 'bare', historySec: 200 });
    await expect.poll(() => text(page, 'saved'), SOON).toMatch(/ [GM]iB$/);
    expect(await text(page, 'cpu')).toBe('–');
    expect(await text(page, 'net')).toBe('–');
    expect(await text(page, 'note-merges')).toBe('Breaks since the agent started: not known.');
    expect(await text(page, 'breaks-note')).toContain('Counters only');
    expect(await breaksOf(page, 'user')).toBe('–');
    expect(await text(page, 'processes-note')).toContain('COW breaks are known in total only');
    const row = page.getByTestId('processes').locator('tr[data-row="2101"]');
    expect(await row.locator('.saved_bytes').innerText()).toBe('–');
    expect(await row.locator('.cow_breaks_total').innerText()).toBe('–');
    expect(await row.locator('.merging_pages').innerText()).toMatch(/^[\d,]+$/);
    const ended = page.getByTestId('processes').locator('tr.ended');
    expect(await ended.getAttribute('data-row')).toBe('1990');
    expect(await page.getByText('Not known on this host').count()).toBe(3);
    const missing = await text(page, 'missing');
    expect(missing).toContain('bpftrace is not installed. Run apt-get install bpftrace.');
    expect(missing).toContain('ksmtuned moves the same knobs');
    expect(missing).toContain('The probe scanner is unavailable.');
    expect(await text(page, 'knobs-note')).toContain('No baseline');
    expect(await seriousViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('sorts the processes by any column', async () => {
    const { page } = await show({});
    const names = (): Promise<string[]> => page.getByTestId('processes').locator('tbody th').allInnerTexts();
    await expect.poll(async () => (await names())[0], SOON).toBe('demo-web-1');
    await page.getByTestId('processes-sort-cow_breaks_total').click();
    expect((await names())[0]).toBe('demo-churn');
    expect(await page.locator('th.cow_breaks_total[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    await page.getByTestId('processes-sort-cow_breaks_total').press('Enter');
    expect((await names())[0]).toBe('qemu-system-x86');
    expect(await page.locator('th.cow_breaks_total[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
  });

  it('lists the guests by name, with what each saves, costs and why its name is in doubt', async () => {
    const { page, complaints } = await show({ historySec: 880 });
    const guests = page.getByTestId('guests');
    const names = (): Promise<string[]> => guests.locator('tbody th').allInnerTexts();
    await expect
      .poll(names, SOON)
      .toEqual([
        'web-1',
        'web-2',
        'a database with a name as long as some people give their machines',
        'late.service',
        'churn',
        'win11',
      ]);
    const web = guests.locator('tbody tr').first();
    expect(await web.locator('.kind').innerText()).toBe('libvirt');
    expect(await web.locator('.saved_bytes').innerText()).toMatch(/^\d+ MiB$/);
    expect(await web.locator('.worth_per_hour').innerText()).toMatch(/^\+0\.\d{3}$/);
    expect(await web.locator('.cow_breaks_total').innerText()).toMatch(/^~[\d,]+$/);
    const off = guests.locator('tbody tr').last();
    expect(await off.locator('.merge').innerText()).toBe('off');
    expect(await off.locator('.saved_bytes').innerText()).toBe('–');
    const doubted = guests.locator('tbody tr').nth(2);
    expect(await doubted.locator('.kind').innerText()).toBe('proxmox (?)');
    expect(await doubted.getAttribute('title')).toMatch(/^a database .* machines\n103, pid 2103\nIts cgroup is/);
    expect(await guests.locator('tfoot th').innerText()).toBe('rest');
    expect(await text(page, 'guests-note')).toBe(
      '~ is scaled to the exact total. (?): something speaks against what it is taken for; ksmpilot guests says what.',
    );
    await page.getByTestId('guests-sort-name').click();
    expect((await names())[1]).toBe('churn');
    expect(await guests.locator('tfoot th').innerText()).toBe('rest');
    expect(complaints).toEqual([]);
  });

  it.each([1440, 360])('moves nothing while figures change, at %d pixels', async (width) => {
    // A window opens while it is looked at: the sentence under the breaks gets shorter.
    const { page } = await show({ intervalMs: 200, historySec: 894 }, { viewport: { width, height: 900 } });
    await expect.poll(() => text(page, 'saved'), SOON).toMatch(/GiB$/);
    await expect.poll(() => page.getByTestId('processes').locator('tbody tr').count(), SOON).toBe(6);
    const shift = await page.evaluate<number>(`new Promise((resolve) => {
      let shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shift += entry.value;
      }).observe({ type: 'layout-shift' });
      setTimeout(() => resolve(shift), 3000);
    })`);
    expect(shift).toBe(0);
  });

  it.each([360, 768, 1440, 3840])('fits a screen of %d pixels', async (width) => {
    const { page } = await show({ historySec: 100 }, { viewport: { width, height: 800 } });
    await expect.poll(() => page.getByTestId('processes').locator('tbody tr').count(), SOON).toBe(6);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it('loads an hour, and again after a reload', async () => {
    const { page, complaints } = await show({ historySec: 3_700 });
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(890);
    expect(await samplesHeld(page)).toBeLessThan(950);
    await page.getByTestId('range').selectOption('3600');
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(3_590);
    await page.reload();
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(890);
    expect(complaints).toEqual([]);
  });

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

  it('tells why at the mark of a decision', async () => {
    const { page } = await show({ historySec: 880 });
    await expect.poll(() => page.getByTestId('decisions').locator('li').count(), SOON).toBe(4);
    const canvas = page.getByTestId('chart-knobs');
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('the chart is not shown');
    const x = 61 + (box.width - 61 - 6) * (1 - (880 - 210) / 900);
    await canvas.hover({ position: { x, y: box.height / 2 } });
    await expect.poll(() => page.locator('.bubble').innerText(), SOON).toContain('track: the backlog is cleared');
  });
});

describe('the mode switch', () => {
  it('is locked without the token', async () => {
    const { page, served: at } = await show({});
    for (const testId of ['mode-observe', 'mode-advise', 'mode-auto', 'pause']) {
      expect(await page.getByTestId(testId).isDisabled()).toBe(true);
    }
    await page.getByTestId('token').fill('wrong');
    await page.getByTestId('unlock').click();
    await page.getByTestId('mode-observe').click();
    await expect.poll(() => text(page, 'mode-message'), SOON).toContain('The token is wrong.');
    expect(await page.getByTestId('mode-observe').isDisabled()).toBe(true);
    expect(await page.getByTestId('mode-auto').getAttribute('aria-pressed')).toBe('true');
    expect(at.agent.authorizations).toEqual(['Bearer wrong']);
  });

  it('works with it, keeps it out of the address, and knows it after a reload', async () => {
    const { page, served: at, complaints } = await show({}, { hash: '#token=secret' });
    expect(page.url()).toBe(at.url);
    await page.getByTestId('mode-advise').click();
    await expect.poll(() => page.getByTestId('mode-advise').getAttribute('aria-pressed'), SOON).toBe('true');
    await page.reload();
    await page.getByTestId('pause').click();
    await expect.poll(() => text(page, 'pause'), SOON).toBe('Resume');
    expect(await text(page, 'mode-means')).toContain('Paused');
    expect(at.agent.authorizations).toEqual(['Bearer secret', 'Bearer secret']);
    expect(complaints).toEqual([]);
  });
});

describe('a page that is left alone', () => {
  it('comes back when the agent does', async () => {
    const { page, served: at } = await show({ historySec: 100 });
    at.agent.stop();
    await expect.poll(() => text(page, 'link'), SOON).toContain('agent lost');
    const again = new FakeAgent({ port: at.agentPort, historySec: 5 });
    await again.start();
    try {
      await expect.poll(() => text(page, 'link'), SOON).toBe('live');
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
    await expect.poll(() => text(page, 'link'), SOON).toContain('ksmpilot does not answer');
    const again = new Gateway({
      address: `127.0.0.1:${at.port}`,
      agentAddress: `127.0.0.1:${at.agentPort}`,
      pageDir: PAGE_DIR,
      protoDir: PROTO_DIR,
      allowNonLoopback: false,
      log: { info: () => undefined, warn: () => undefined },
    });
    await again.start();
    try {
      await expect.poll(() => text(page, 'link'), SOON).toBe('live');
      expect(await samplesHeld(page)).toBeGreaterThan(90);
    } finally {
      await again.stop();
    }
  });
});

it('is not given to a name that somebody made resolve to this host', async () => {
  served = await startFakePage({}, { pageDir: PAGE_DIR });
  const fooled = await launchBrowser(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
  try {
    const page = await fooled.newPage();
    const response = await page.goto(`http://evil.example:${served.port}/`);
    expect(response?.status()).toBe(403);
    expect(await page.content()).not.toContain('<main');
  } finally {
    await fooled.close();
  }
});
