/** The guests, and the page of one guest, in a real browser in front of a fake agent. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { canvasColours, violations } from '../helpers/browser.js';
import type { FakeAgentOptions } from '../helpers/fake-agent.js';
import { manyGuests } from '../helpers/fake-many-guests.js';
import { keepScreenshot, pageShower, SIZES, SOON, textOf } from '../helpers/shown-page.js';

const DAY_SEC = 86_400;
const HUNDRED: FakeAgentOptions = { historySec: 880, guests: (timeMs, sec) => manyGuests(100, timeMs, sec) };
const THOUSAND: FakeAgentOptions = { historySec: 300, guests: (timeMs, sec) => manyGuests(1_000, timeMs, sec) };
const WEB_1 = '#/guests/libvirt%2F4f2c6e1a-8a4e-4d52-9a3e-0c7b1d7e5a01%231.2101';
const show = pageShower('#/guests');

const names = (page: Page): Promise<string[]> =>
  page.getByTestId('guests').locator('tbody:not(.spacer) th').allInnerTexts();

const cell = (page: Page, row: number, column: string): Promise<string> =>
  page.getByTestId('guests').locator('tbody:not(.spacer) tr').nth(row).locator(`.${column}`).first().innerText();

async function signIn(page: Page): Promise<void> {
  await page.getByTestId('sign-in-token').fill('secret');
  await page.getByTestId('sign-in-submit').click();
}

/** Fits each size, keeps a picture of each, and has no fault that axe finds. */
async function looksWell(page: Page, name: string): Promise<void> {
  expect(await violations(page)).toEqual([]);
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    // Charts follow the size of their panels a frame later.
    await page.evaluate('scrollTo(0, 0)');
    await page.waitForTimeout(600);
    await keepScreenshot(page, name.replace('WIDTH', String(width)));
  }
  expect(await violations(page)).toEqual([]);
}

function layoutShift(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    let shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += entry.value;
    }).observe({ type: 'layout-shift' });
    setTimeout(() => resolve(shift), 3000);
  })`);
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it('the table of 100 guests looks well', async () => {
    const { page, complaints } = await show(HUNDRED, { colorScheme });
    await expect
      .poll(() => textOf(page, 'guests-summary'), SOON)
      .toMatch(/^100 guests save [\d.]+ GiB, worth \+[\d.]+ cores\./);
    await expect
      .poll(() => page.locator('.saved-curve').first().getAttribute('aria-label'), SOON)
      .toMatch(/^(steady|rising|falling), at most/);
    await looksWell(page, `guests-WIDTH-${colorScheme}`);
    expect(complaints).toEqual([]);
  });

  it('the page of a guest with its answers looks well', async () => {
    const { page, complaints } = await show({ historySec: 880, pastSec: DAY_SEC }, { colorScheme, hash: WEB_1 });
    await expect.poll(() => textOf(page, 'guest-name'), SOON).toBe('web-1');
    for (const ask of ['why-ask', 'map-ask']) await page.getByTestId(ask).click();
    await expect.poll(() => page.locator('.reason').count(), SOON).toBe(4);
    await expect.poll(() => page.locator('.map-picture').count(), SOON).toBe(1);
    for (const chart of ['guest-saved', 'guest-rates']) {
      await expect.poll(() => canvasColours(page, `chart-${chart}`), { message: chart, ...SOON }).toBeGreaterThan(5);
    }
    await looksWell(page, `guest-WIDTH-${colorScheme}`);
    expect(complaints).toEqual([]);
  });
});

describe('the table of guests', () => {
  it('has each with what it saves, costs and is worth, the sums, and what no guest was charged with', async () => {
    const { page, complaints } = await show({ historySec: 880 });
    await expect
      .poll(() => names(page), SOON)
      .toEqual([
        'web-1',
        'web-2',
        'a database with a name as long as some people give their machines',
        'late.service',
        'churn',
        'win11',
      ]);
    expect(await cell(page, 0, 'kind')).toBe('libvirt');
    expect(await cell(page, 0, 'saved_bytes')).toMatch(/^\d+ MiB$/);
    expect(await cell(page, 0, 'worth_per_hour')).toMatch(/^\+0\.\d{3}$/);
    expect(await cell(page, 0, 'cow_breaks_per_sec')).toMatch(/^~[\d.]+\/s$/);
    expect(await cell(page, 2, 'kind')).toBe('proxmox (?)');
    expect(await cell(page, 5, 'merge')).toBe('off');
    expect(await cell(page, 5, 'saved_bytes')).toBe('–');
    const feet = page.getByTestId('guests').locator('tfoot tr');
    expect(await feet.locator('th').allInnerTexts()).toEqual(['6 guests', 'charged to no guest']);
    expect(await textOf(page, 'guests-summary')).toMatch(/1 offers no memory\.$/);
    expect(await textOf(page, 'guests-note')).toContain(
      "(?): something speaks against what it is taken for; the guest's page says what.",
    );
    expect(complaints).toEqual([]);
  });

  it('sorts by any column, and keeps order, search and tab in the address', async () => {
    const { page } = await show({ historySec: 880 });
    await expect.poll(() => names(page), SOON).toHaveLength(6);
    await page.getByTestId('guests-sort-name').click();
    expect((await names(page))[1]).toBe('churn');
    expect(await page.locator('.guests th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    await page.getByTestId('guests-sort-name').press('Enter');
    expect((await names(page))[0]).toBe('win11');
    expect(page.url()).toContain('sort=-name');
    await page.keyboard.press('/');
    await page.keyboard.type('kind:libvirt web');
    await expect.poll(() => names(page), SOON).toEqual(['web-2', 'web-1']);
    expect(await page.getByTestId('guests').locator('tfoot th').innerText()).toBe('2 of 6 guests');
    await page.reload();
    await expect.poll(() => names(page), SOON).toEqual(['web-2', 'web-1']);
    expect(await page.getByTestId('guests-search').inputValue()).toBe('kind:libvirt web');
    await page.getByTestId('guests-search').fill('nobody');
    await expect.poll(() => textOf(page, 'guests-empty'), SOON).toContain('No guest matches “nobody”.');
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => names(page), SOON).toHaveLength(6);
    await page.getByTestId('tab-guests').press('ArrowRight');
    const processes = page.getByTestId('processes').locator('tbody:not(.spacer) tr');
    await expect.poll(() => processes.count(), SOON).toBe(6);
    expect(page.url()).toContain('table=processes');
  });

  it('has the processes in a tab, with those that have ended', async () => {
    const { page } = await show({ profile: 'bare', historySec: 200 }, { hash: '#/guests?table=processes' });
    const row = page.getByTestId('processes').locator('tr[data-row="2101"]');
    await expect.poll(() => row.locator('.merging_pages').innerText(), SOON).toMatch(/^[\d,]+$/);
    expect(await row.locator('.saved_bytes').innerText()).toBe('–');
    expect(await page.getByTestId('processes').locator('tr.ended').getAttribute('data-row')).toBe('1990');
    expect(await textOf(page, 'guests-note')).toContain('COW breaks are known in total only');
    expect(await violations(page)).toEqual([]);
  });

  it('draws the rows in sight of a thousand, and all can be reached by keys and wheel', async () => {
    const { page, complaints } = await show(THOUSAND);
    await expect.poll(() => textOf(page, 'guests-summary'), SOON).toMatch(/^1,000 guests/);
    const rows = page.getByTestId('guests').locator('tbody:not(.spacer) tr');
    expect(await rows.count()).toBeLessThan(100);
    expect(await page.getByTestId('guests').getAttribute('aria-rowcount')).toBe('1003');
    await page.getByTestId('guests-sort-name').click();
    await rows.first().locator('a').focus();
    await page.keyboard.press('ArrowDown');
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
    const all = manyGuests(1_000, 0, 1).guests?.map(({ name }) => name ?? '') ?? [];
    const sorted = all.sort(new Intl.Collator('en', { numeric: true }).compare);
    expect(await focused()).toBe(sorted[1]);
    await page.keyboard.press('End');
    expect(await focused()).toBe(sorted.at(-1));
    expect(await rows.last().getAttribute('aria-rowindex')).toBe('1001');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Home');
    expect(await focused()).toBe(sorted[0]);
    await page.evaluate(`document.querySelector('[data-testid="guests-scroll"]').scrollTop = 12000`);
    await expect.poll(async () => Number(await rows.first().getAttribute('aria-rowindex')), SOON).toBeGreaterThan(300);
    expect(await rows.count()).toBeLessThan(100);
    expect(complaints).toEqual([]);
  });

  it('scrolls through a thousand without long tasks', async () => {
    const { page } = await show(THOUSAND);
    await expect.poll(() => names(page), SOON).not.toHaveLength(0);
    const spent = await page.evaluate<number>(`new Promise((resolve) => {
      const region = document.querySelector('[data-testid="guests-scroll"]');
      let frames = 0, spent = 0;
      const step = () => {
        const before = performance.now();
        region.scrollTop += 240;
        region.dispatchEvent(new Event('scroll'));
        spent += performance.now() - before;
        frames += 1;
        if (frames < 100) requestAnimationFrame(step);
        else resolve(spent / frames);
      };
      requestAnimationFrame(step);
    })`);
    console.log(`a frame of scrolling takes ${spent.toFixed(2)} ms of script and layout`);
    // What the browser calls a long task; 4 ms were measured.
    expect(spent).toBeLessThan(50);
  });

  it('says what to do where there are no guests', async () => {
    const { page, complaints } = await show({ guests: { time_ms: 1, guests: [], rest: {}, pending: 0 } });
    await expect.poll(() => textOf(page, 'guests-empty'), SOON).toContain('nobody has offered memory for merging');
    expect(await textOf(page, 'guests-empty')).toContain('MemoryKSM=yes');
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('says of when its figures are once the agent is lost', async () => {
    const { page, served } = await show({ historySec: 100 });
    await expect.poll(() => names(page), SOON).not.toHaveLength(0);
    served.agent.stop();
    await expect
      .poll(() => textOf(page, 'guests-summary'), SOON)
      .toMatch(/The agent is lost: these are the figures of \d\d:/);
  });

  it.each([1440, 360])('moves nothing while figures change, at %d pixels', async (width) => {
    // By name, so that no row changes places.
    const options = { viewport: { width, height: 900 }, hash: '#/guests?sort=name' };
    const { page } = await show({ ...HUNDRED, intervalMs: 250 }, options);
    await expect.poll(() => textOf(page, 'guests-note'), SOON).toContain('The curves show');
    expect(await layoutShift(page)).toBe(0);
  });
});

describe('the page of a guest', () => {
  it('is opened from the table, and leads back to it', async () => {
    const { page } = await show({ historySec: 880 });
    await page.getByRole('link', { name: 'a database' }).click();
    await expect.poll(() => textOf(page, 'guest-name'), SOON).toMatch(/^a database/);
    expect(await page.title()).toMatch(/^a database .* – ksmpilot$/);
    expect(await textOf(page, 'guest-doubts')).toBe('Its cgroup is that of VM 104, its option -id another.');
    expect(await textOf(page, 'guest-saved')).toMatch(/^\d+ MiB$/);
    expect(await textOf(page, 'guest-who')).toContain('pid 2103');
    await page.getByTestId('guest-back').click();
    await expect.poll(() => names(page), SOON).toHaveLength(6);
  });

  it('says why it does not merge more, with evidence and cure', async () => {
    const { page } = await show({ historySec: 880 }, { hash: WEB_1 });
    await page.getByTestId('why-ask').click();
    const first = page.locator('.reason').first();
    await expect.poll(() => first.innerText(), SOON).toContain('2.00 GiB');
    expect(await first.innerText()).toContain('cannot merge until cured');
    expect(await first.locator('tbody tr').first().innerText()).toMatch(
      /2\.00 GiB\s+\/proc\/2101\/smaps, Private_Hugetlb/,
    );
    expect(await first.locator('.cure code').allInnerTexts()).toEqual(['<hugepages/>', 'virsh start web-1']);
    expect(await page.locator('.reason .amount').nth(1).innerText()).toBe('about 61.0 MiB');
    expect(await textOf(page, 'why-answer')).toContain('Not found out: which pages smart_scan skips');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy virsh start web-1' }).click();
    await expect.poll(() => page.evaluate<string>('navigator.clipboard.readText()'), SOON).toBe('virsh start web-1');
  });

  it('draws what its memory is backed by, in letters, sizes and text', async () => {
    const { page } = await show({ historySec: 880 }, { hash: WEB_1 });
    await page.getByTestId('map-ask').click();
    const picture = page.locator('.map-picture');
    await expect.poll(() => picture.locator('.sign').count(), SOON).toBeGreaterThan(30);
    expect(await page.getByTestId('map-legend').locator('tbody tr').first().innerText()).toMatch(
      /KSM page\s+240 MiB\s+49\.1 %/,
    );
    const box = await picture.boundingBox();
    if (box === null) throw new Error('the map is not shown');
    await picture.hover({ position: { x: box.width * 0.2, y: 3 } });
    expect(await textOf(page, 'map-said')).toMatch(/^0x[0-9a-f]+, 512 KiB: KSM page$/);
    await page.getByText('As text, 12 lines').click();
    expect(await page.locator('.map pre').innerText()).toMatch(/^ +0x0 {2}K{20}k{6}P{12}p{8}H{18}/);
  });

  it('says that a guest does not run, and shows its past', async () => {
    const { page } = await show({ historySec: 880, pastSec: DAY_SEC }, { hash: '#/guests/qemu%2Fgone%231.1' });
    await expect.poll(() => textOf(page, 'guest-notice'), SOON).toContain('This guest is not running now.');
    expect(await textOf(page, 'guest-saved')).toBe('–');
    expect(await page.getByTestId('merge-off').isDisabled()).toBe(true);
    await expect.poll(() => canvasColours(page, 'chart-guest-saved'), SOON).toBeGreaterThan(5);
    await page.getByTestId('why-ask').click();
    await expect.poll(() => textOf(page, 'why-answer'), SOON).toContain('No guest of this host is called that.');
  });

  it('moves nothing while figures change', async () => {
    const { page } = await show({ historySec: 880, pastSec: DAY_SEC, intervalMs: 250 }, { hash: WEB_1 });
    await expect.poll(() => canvasColours(page, 'chart-guest-saved'), SOON).toBeGreaterThan(5);
    await page.waitForTimeout(1_000);
    expect(await layoutShift(page)).toBe(0);
  });
});

describe('the switch for the merging of a guest', () => {
  it('asks to sign in, says what it would do and take, and does it', async () => {
    const { page, served, complaints } = await show({ historySec: 880 }, { hash: WEB_1 });
    await page.getByTestId('merge-off').click();
    await signIn(page);
    const dialog = page.getByTestId('dialog-merge');
    await expect.poll(() => dialog.innerText(), SOON).toContain('Switch the merging of web-1 off?');
    expect(await dialog.innerText()).toMatch(
      /Set merge of \/objects\/pc\.ram to off through QMP\.[^]*Takes up to \d+ MiB of the 8\.18 GiB/,
    );
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('dialog-merge-yes').click();
    await expect
      .poll(() => textOf(page, 'merge-said'), SOON)
      .toMatch(/^Done: offered to KSM before \d+ MiB, now 0 B\./);
    await expect.poll(() => textOf(page, 'merge-standing'), SOON).toBe('Its memory is not offered to KSM.');
    expect(await page.getByTestId('merge-off').isDisabled()).toBe(true);
    expect(served.agent.authorizations.filter((one) => one === 'Bearer secret').length).toBeGreaterThanOrEqual(2);
    expect(complaints).toEqual([]);
  });

  it('changes nothing where the question is answered with no, or nobody signs in', async () => {
    const { page } = await show({ historySec: 880 }, { hash: WEB_1 });
    await page.getByTestId('merge-off').click();
    await page.getByTestId('sign-in-cancel').click();
    await expect.poll(() => textOf(page, 'merge-said'), SOON).toContain('Nothing was changed: this needs the token');
    await page.getByTestId('merge-off').click();
    await signIn(page);
    await page.getByTestId('dialog-merge').waitFor();
    // The question is grave: Enter takes the no.
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByTestId('dialog-merge').count(), SOON).toBe(0);
    await page.waitForTimeout(1_200);
    expect(await textOf(page, 'merge-standing')).toBe('Its memory is offered to KSM.');
  });

  it('says what to set where ksmpilot cannot switch it itself', async () => {
    const { page } = await show({ historySec: 880 }, { hash: '#/guests/service%2Flate.service' });
    await page.getByTestId('merge-off').click();
    await signIn(page);
    const dialog = page.getByTestId('dialog-merge');
    await expect.poll(() => dialog.innerText(), SOON).toContain('MemoryKSM=no');
    expect(await page.getByTestId('dialog-merge-yes').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog.count(), SOON).toBe(0);
  });
});
