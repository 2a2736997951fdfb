/** Several hosts on one page, signing in, and what other sites cannot do; in front of fake agents. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_DIR, launchBrowser, openPage, seriousViolations, type Opened } from '../helpers/browser.js';
import { FakeAgent } from '../helpers/fake-agent.js';
import { scaled, startFakeFleet, type FakeFleet } from '../helpers/fake-fleet.js';

const SOON = { timeout: 15_000 };
/** Where screenshots go; nowhere if it is not set. */
const SHOTS = process.env['KSMPILOT_SCREENSHOTS'];

const HOSTS = [
  { name: 'hv-1', historySec: 890, pastSec: 890 },
  { name: 'hv-2', historySec: 800, ...scaled(1.6, 1.1) },
  { name: 'hv-3', historySec: 700, ...scaled(0.8, 0.9) },
  { name: 'hv-4', historySec: 860, ...scaled(1.2, 1) },
  { name: 'hv-5', historySec: 820, pastSec: 820, ...scaled(2.1, 1.7, 2) },
  { name: 'hv-dear', historySec: 880, ...scaled(0.4, 12) },
  { name: 'hv-churn', historySec: 880, ...scaled(1, 1, 90) },
  { name: 'hv-old', historySec: 300, profile: 'bare' },
] as const;

let browser: Browser;
let fleet: FakeFleet | undefined;
let elsewhere: Server | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await fleet?.stop();
  fleet = undefined;
  elsewhere?.closeAllConnections();
  elsewhere?.close();
});

async function show(
  hosts: Parameters<typeof startFakeFleet>[0],
  hash: string,
  context: Parameters<typeof openPage>[2] = {},
): Promise<Opened & { fleet: FakeFleet }> {
  fleet = await startFakeFleet(hosts, { pageDir: PAGE_DIR });
  return { ...(await openPage(browser, `${fleet.url}${hash}`, context)), fleet };
}

const text = (page: Page, testId: string): Promise<string> => page.getByTestId(testId).innerText();
const row = (page: Page, name: string) => page.getByTestId('fleet').locator(`tr[data-row="${name}"]`);
const names = async (page: Page): Promise<string[]> => {
  const rows = await page.getByTestId('fleet').locator('tr[data-row]').all();
  return Promise.all(rows.map(async (one) => (await one.getAttribute('data-row')) ?? ''));
};

describe('the fleet', () => {
  it.each([
    ['light', 1440],
    ['dark', 360],
    ['light', 3840],
  ] as const)('has sums, outliers in words and a row a host, in %s at %i px', async (colorScheme, width) => {
    const { page, complaints } = await show(HOSTS, '#/fleet', { colorScheme, viewport: { width, height: 900 } });
    await expect.poll(() => text(page, 'fleet-hosts'), SOON).toBe('8 of 8');
    expect(await text(page, 'fleet-summary')).toMatch(/^8 hosts save [\d.]+ GiB, worth \+[\d.]+ cores\./);
    expect(await text(page, 'fleet-saved')).toMatch(/ GiB$/);
    const outliers = await text(page, 'fleet-outliers');
    expect(outliers).toMatch(
      /hv-dear spends [\d.]+ % of a core on each GiB saved; the median of 8 hosts is [\d.]+ %\./,
    );
    expect(outliers).toMatch(/hv-churn breaks [\d.]+ ?k? merged pages a second for each GiB saved/);
    expect(await row(page, 'hv-old').locator('.ksmd_cores').innerText()).toBe('–');
    expect(await row(page, 'hv-1').locator('.link_state').innerText()).toBe('live');
    expect(await row(page, 'hv-dear').locator('.stands-out').count()).toBe(1);
    if (SHOTS !== undefined)
      await page.screenshot({ path: join(SHOTS, `fleet-${colorScheme}-${width}.png`), fullPage: true });
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('is sorted by any column and searched, and the address keeps both', async () => {
    const { page } = await show(HOSTS, '#/fleet');
    await expect.poll(() => text(page, 'fleet-hosts'), SOON).toBe('8 of 8');
    await page.getByTestId('fleet-sort-saved_bytes').click();
    await expect.poll(async () => (await names(page))[0], SOON).toBe('hv-5');
    await page.getByTestId('fleet-sort-name').click();
    await expect.poll(() => names(page), SOON).toEqual(HOSTS.map(({ name }) => name).toSorted());
    await page.getByTestId('fleet-search').fill('hv- mode:auto dear');
    await expect.poll(() => names(page), SOON).toEqual(['hv-dear']);
    expect(await text(page, 'fleet-note')).toContain('1 of 8 hosts match.');
    expect(new URL(page.url()).hash).toContain('find=hv-');
    await page.reload();
    await expect.poll(() => names(page), SOON).toEqual(['hv-dear']);
  });

  it('says which host is lost, and finds it again', async () => {
    const { page, fleet: at } = await show(HOSTS.slice(0, 3), '#/fleet');
    await expect.poll(() => text(page, 'fleet-hosts'), SOON).toBe('3 of 3');
    at.agents[1]?.stop();
    await expect.poll(() => row(page, 'hv-2').locator('.link_state').innerText(), SOON).toBe('lost');
    expect(await text(page, 'fleet-summary')).toMatch(/^2 of 3 hosts save /);
    const again = new FakeAgent({ port: at.ports[1] ?? 0, hostname: 'hv-2' });
    await again.start();
    try {
      await expect.poll(() => row(page, 'hv-2').locator('.link_state').innerText(), { timeout: 30_000 }).toBe('live');
    } finally {
      again.stop();
    }
  });

  it('leads to a host, which the whole page then shows, and the bar leads to another', async () => {
    const { page, complaints } = await show(HOSTS.slice(0, 3), '#/fleet');
    await page.getByRole('link', { name: 'hv-2' }).click();
    await expect.poll(() => text(page, 'host'), SOON).toContain('hv-2');
    expect(new URL(page.url()).hash).toMatch(/^#\/overview\?.*agent=hv-2/);
    await expect.poll(() => page.getByTestId('agent').inputValue(), SOON).toBe('hv-2');
    await page.getByTestId('agent').selectOption('hv-3');
    await expect.poll(() => text(page, 'host'), SOON).toContain('hv-3');
    await page.getByTestId('nav-tuner').click();
    expect(new URL(page.url()).hash).toContain('agent=hv-3');
    await page.goBack();
    await page.goBack();
    await expect.poll(() => text(page, 'host'), SOON).toContain('hv-2');
    await expect.poll(() => page.getByTestId('agent').inputValue(), SOON).toBe('hv-2');
    expect(complaints).toEqual([]);
  });

  it('is left out of the navigation where there is one host alone', async () => {
    const { page } = await show(HOSTS.slice(0, 1), '');
    await expect.poll(() => text(page, 'link'), SOON).toBe('live');
    await expect.poll(() => page.getByTestId('nav-fleet').isHidden(), SOON).toBe(true);
    expect(await page.getByTestId('agent').isHidden()).toBe(true);
  });
});

const stored = (page: Page): Promise<string> =>
  page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])');

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByTestId('sign-in-token').fill(token);
  await page.getByTestId('sign-in-submit').click();
}

describe('signing in', () => {
  it('is asked for by a change, done with the token, and the change then made', async () => {
    const { page, complaints, fleet: at } = await show([{ name: 'hv-1' }], '#/tuner');
    await expect.poll(() => page.getByTestId('mode-auto').getAttribute('aria-pressed'), SOON).toBe('true');
    await page.getByTestId('mode-advise').click();
    const dialog = page.getByTestId('sign-in');
    await dialog.waitFor();
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('sign-in-token');
    expect(await seriousViolations(page)).toEqual([]);
    await signIn(page, 'wrong');
    await expect.poll(() => text(page, 'sign-in-message'), SOON).toContain('does not know that token');
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, 'sign-in.png') });
    await signIn(page, 'token-of-hv-1');
    await expect.poll(() => page.getByTestId('mode-advise').getAttribute('aria-pressed'), SOON).toBe('true');
    expect(await dialog.count()).toBe(0);
    expect(await text(page, 'account')).toBe('Sign out');
    expect(at.agents[0]?.authorizations).toEqual(['Bearer token-of-hv-1']);
    expect(await stored(page)).not.toContain('token-of-hv-1');
    await page.reload();
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign out');
    await page.getByTestId('mode-observe').click();
    await expect.poll(() => page.getByTestId('mode-observe').getAttribute('aria-pressed'), SOON).toBe('true');
    await page.getByTestId('account').click();
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign in');
    await page.getByTestId('mode-auto').click();
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByTestId('mode-observe').getAttribute('aria-pressed')).toBe('true');
    expect(at.agents[0]?.authorizations).toHaveLength(2);
    expect(complaints).toEqual([]);
  });

  it('happens by itself with the token in the address, which is gone at once', async () => {
    const { page } = await show([{ name: 'hv-1' }], '#token=token-of-hv-1');
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign out');
    expect(await stored(page)).not.toContain('token-of-hv-1');
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain('token-of-hv-1');
  });

  it('is for one host, and asked anew on another', async () => {
    const { page, fleet: at } = await show([{ name: 'hv-1' }, { name: 'hv-2' }], '#/tuner?agent=hv-1');
    await page.getByTestId('account').click();
    await signIn(page, 'token-of-hv-1');
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign out');
    await page.getByTestId('agent').selectOption('hv-2');
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign in');
    await page.getByTestId('agent').selectOption('hv-1');
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign out');
    expect(at.agents[1]?.asked).toBe(0);
  });

  it('with a token that may only look says so', async () => {
    const { page } = await show([{ name: 'hv-1', role: 'ROLE_VIEW' }], '#/tuner');
    await page.getByTestId('account').click();
    await signIn(page, 'token-of-hv-1');
    await expect.poll(() => text(page, 'sign-in-message'), SOON).toContain('may look and not change');
  });

  it('lends nothing to a page of another site', async () => {
    const { page, fleet: at } = await show([{ name: 'hv-1' }], '#token=token-of-hv-1');
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign out');
    elsewhere = createServer((_, res) =>
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>evil</title>'),
    );
    elsewhere.listen(0, '127.0.0.1');
    await new Promise((resolve) => elsewhere?.once('listening', resolve));
    const port = (elsewhere.address() as AddressInfo).port;
    // The same host name and another port: the browser calls this the same site, and sends the cookie along.
    await page.goto(`http://127.0.0.1:${port}/`);
    const tried = await page.evaluate<string[]>(`(async () => {
      const to = '${at.url}api/';
      const post = (path, type, body) => fetch(to + path, {
        method: 'POST', mode: type === 'application/json' ? 'cors' : 'no-cors', credentials: 'include',
        headers: { 'Content-Type': type }, body,
      }).then((answer) => answer.type + ' ' + answer.status, () => 'refused');
      const tried = [
        await post('pause', 'application/json', '{}'),
        await post('pause', 'text/plain', '{}'),
        await post('session', 'text/plain', '{"token":"token-of-hv-1"}'),
        await fetch(to + 'host', { credentials: 'include' }).then((answer) => answer.text(), () => 'refused'),
        await fetch(to + 'session', { method: 'DELETE', credentials: 'include' }).then(() => 'done', () => 'refused'),
      ];
      await new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = resolve;
        frame.src = '${at.url}';
        document.body.append(frame);
      });
      tried.push(document.querySelector('iframe').contentDocument === null ? 'refused' : 'framed');
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', enctype: 'text/plain', action: to + 'pause', target: 'none' });
      document.body.append(form);
      form.submit();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return tried;
    })()`);
    expect(tried).toEqual(Array.from({ length: 6 }, () => 'refused'));
    expect(at.agents[0]?.authorizations).toEqual([]);
    await page.goto(at.url);
    await expect.poll(() => text(page, 'account'), SOON).toBe('Sign out');
  });
});
