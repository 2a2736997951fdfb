/** The page over HTTPS: nothing without signing in, by a token of role view or tune, and nothing after signing out. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateFiles } from '../../src/agent/auth/certificate-files.js';
import { RecordingLog } from '../helpers/agent-port.js';
import { launchBrowser, openPage, PAGE_DIR, violations, type Opened } from '../helpers/browser.js';
import { TestAuthority, type Issued } from '../helpers/certificates.js';
import type { FakeAgentOptions } from '../helpers/fake-agent.js';
import { startFakePage, type FakePage } from '../helpers/fake-page.js';

const SOON = { timeout: 15_000 };

let authority: TestAuthority;
let server: Issued;
let browser: Browser;
let page: FakePage;
beforeAll(async () => {
  authority = new TestAuthority();
  server = authority.issue({ commonName: 'hv1', names: ['IP:127.0.0.1'] });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  authority[Symbol.dispose]();
});

let sent: string[];
beforeEach(() => {
  sent = [];
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await page.stop();
});

async function show(agent: FakeAgentOptions = {}): Promise<Opened> {
  const certificate = new CertificateFiles({ paths: server, log: new RecordingLog() });
  page = await startFakePage({ token: 'secret', ...agent }, { address: '0.0.0.0:0', certificate, pageDir: PAGE_DIR });
  // The browser does not know the tests' authority; what it makes of certificates is not what is tested.
  const opened = await openPage(browser, `https://127.0.0.1:${page.port}/`, { ignoreHTTPSErrors: true });
  opened.page.on('response', (response) => sent.push(`${response.status()} ${new URL(response.url()).pathname}`));
  return opened;
}

async function signIn(shown: Page, token: string): Promise<void> {
  await expect.poll(() => shown.getByTestId('sign-in').isVisible(), SOON).toBe(true);
  await shown.getByTestId('sign-in-token').fill(token);
  await shown.getByTestId('sign-in-submit').click();
}

const live = (shown: Page): Promise<number> => shown.evaluate<number>('window.__ksmpilot.samples()');

describe('the page over HTTPS', () => {
  it('asks for a token first, refuses a wrong one, and shows everything with a good one', async () => {
    const { page: shown, complaints } = await show();
    await signIn(shown, 'wrong');
    await expect
      .poll(() => shown.getByTestId('sign-in-message').innerText(), SOON)
      .toContain('does not know that token');
    expect(await live(shown)).toBe(0);
    expect(await violations(shown)).toEqual([]);
    await signIn(shown, 'secret');
    await expect.poll(() => live(shown), SOON).toBeGreaterThan(5);
    expect(await shown.getByTestId('account-role').innerText()).toBe('may change');
    const [cookie] = await shown.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
    expect(cookie?.name).toMatch(/^__Host-ksmpilot-/);
    expect(
      await shown.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })'),
    ).not.toContain('secret');
    expect(complaints).toEqual([]);
  });

  it('lets a token of role view look', async () => {
    const { page: shown } = await show({ role: 'ROLE_VIEW' });
    await signIn(shown, 'secret');
    await expect.poll(() => live(shown), SOON).toBeGreaterThan(5);
    expect(await shown.getByTestId('account-role').innerText()).toBe('may look');
  });

  it('tells nothing after signing out: the stream ends, and what was shown is gone', async () => {
    const { page: shown } = await show();
    await signIn(shown, 'secret');
    await expect.poll(() => live(shown), SOON).toBeGreaterThan(5);
    await shown.getByTestId('account').click();
    await expect.poll(() => shown.getByTestId('sign-in').isVisible(), SOON).toBe(true);
    expect(await live(shown)).toBe(0);
    expect(sent).toContain('401 /api/stream');
    await expect.poll(() => page.agent.readers, SOON).toBe(0);
  });
});
