/** The overview, the scanner and the breaks in a real browser, in front of a fake agent: what can be shown without a kernel. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { canvasColours, samplesHeld, violations } from '../helpers/browser.js';
import { keepScreenshot, pageShower, SOON, textOf } from '../helpers/shown-page.js';

const DAY_SEC = 86_400;
/** The charts of each view, in its order. */
const CHARTS = {
  overview: ['saved', 'cpu', 'net', 'risk'],
  scanner: ['scan', 'scan-time', 'scan-pages', 'cost', 'cpu', 'merges', 'states', 'knobs'],
  breaks: ['breaks-by-guest', 'breaks', 'lifetime-p50', 'lifetime', 'service'],
} as const;
const VIEWS = ['overview', 'scanner', 'breaks'] as const;

const show = pageShower('');

async function draws(page: Page, charts: readonly string[]): Promise<void> {
  for (const chart of charts) {
    await expect.poll(() => canvasColours(page, `chart-${chart}`), { message: chart, ...SOON }).toBeGreaterThan(5);
  }
}

/** A cell of a table, by the title of its row. */
function cellOf(page: Page, table: string, title: string): Promise<string> {
  const head = page.getByRole('rowheader', { name: title, exact: true });
  return page.getByTestId(table).locator('tr').filter({ has: head }).locator('td').innerText();
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it.each(VIEWS)('the view %s draws everything, complains of nothing and is accessible', async (view) => {
    const { page, complaints } = await show({ historySec: 880, pastSec: DAY_SEC }, { colorScheme, hash: `#/${view}` });
    await draws(page, CHARTS[view]);
    expect(await page.locator('nav [aria-current="page"]').getAttribute('data-testid')).toBe(`nav-${view}`);
    expect(await violations(page)).toEqual([]);
    for (const [width, height] of [
      [360, 800],
      [1280, 900],
      [3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      // Charts follow the size of their panels a frame later.
      await page.waitForTimeout(600);
      await keepScreenshot(page, `${view}-${width}-${colorScheme}`);
    }
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('the overview', () => {
  it('says what is saved, spent and worth, that the host is healthy, and what happened', async () => {
    const { page } = await show({ historySec: 880 });
    await expect.poll(() => textOf(page, 'saved'), SOON).toMatch(/^1\.\d\d GiB$/);
    expect(await textOf(page, 'cpu')).toMatch(/^\d+\.\d %$/);
    expect(await textOf(page, 'net')).toMatch(/^\+0\.\d{3} cores$/);
    expect(await textOf(page, 'net-more')).toMatch(
      /^1\.\d\d GiB is worth 0\.\d{3} cores at 8 GiB per core; .* merging pays\.$/,
    );
    const health = page.getByTestId('health').locator('li');
    await expect.poll(() => health.count(), SOON).toBe(5);
    expect(await page.getByTestId('health').locator('li.good').count()).toBe(5);
    expect(await textOf(page, 'health')).toMatch(/Unmerging all fits: 1\.\d\d GiB of 8\.\d\d GiB/);
    const feed = page.getByTestId('feed').locator('li');
    expect(await feed.filter({ hasText: 'tuned' }).count()).toBe(4);
    expect(await feed.filter({ hasText: 'demo-late (2105) offered memory' }).count()).toBe(1);
  });

  it('shows what is unknown as a dash, and what is wrong as wrong', async () => {
    const { page, complaints } = await show({ profile: 'bare', historySec: 200 });
    await expect.poll(() => textOf(page, 'saved'), SOON).toMatch(/ [GM]iB$/);
    expect([await textOf(page, 'cpu'), await textOf(page, 'net')]).toEqual(['–', '–']);
    await expect.poll(() => page.getByText('Not known in this time').count(), SOON).toBe(3);
    const health = await page.getByTestId('health').locator('li').allInnerTexts();
    expect(health[0]).toContain('ksmtuned moves the same knobs');
    expect(health.join('\n')).toContain('CPU pressure is not known');
    expect(await page.getByTestId('health').locator('li.good').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('the scanner', () => {
  it('says what the knobs ask for, what is measured, and what full scans took', async () => {
    const { page } = await show({ historySec: 880 }, { hash: '#/scanner' });
    await expect
      .poll(() => textOf(page, 'batches'), SOON)
      .toMatch(/^480 pages a batch, 24 ms of sleep after each: at most 20\.0 k pages\/s, 1\d\.\d k pages\/s measured/);
    await expect.poll(() => cellOf(page, 'scanner-facts', 'Full scans in this time'), SOON).toMatch(/^5\d$/);
    expect(await cellOf(page, 'scanner-facts', 'Half of them took up to')).toMatch(/^1\d s$/);
    expect(Number(await cellOf(page, 'scanner-facts', 'Merges that failed'))).toBeGreaterThan(0);
    expect(await cellOf(page, 'scanner-facts', 'CPU for a page, now')).toMatch(/^[\d.]+ µs$/);
  });
});

describe('the breaks', () => {
  it('names the guests with most of them', async () => {
    const { page } = await show({ historySec: 880 }, { hash: '#/breaks' });
    const legend = page.locator('.chart-breaks-by-guest .legend li');
    await expect.poll(() => legend.first().innerText(), SOON).toMatch(/^churn\s+[\d.]+\/s$/);
    expect(await legend.last().innerText()).toMatch(/^all others\s+[\d.]+\/s$/);
    await draws(page, ['breaks-by-guest']);
  });

  it('says that breaks are scaled, by which tier, and how they are watched', async () => {
    const { page } = await show({ historySec: 880 }, { hash: '#/breaks' });
    await expect
      .poll(() => textOf(page, 'breaks-note'), SOON)
      .toMatch(/^Tracepoint tier, scaled to the exact total: 8\.0 % were counted one by one; next window in \d+ s\.$/);
    expect(await cellOf(page, 'breaks', 'remote')).toBe('not seen');
    const titles = ['user', 'kernel', 'guest', 'estimated', 'charged to nobody', 'all'];
    const parts = await Promise.all(titles.map((title) => cellOf(page, 'breaks', title)));
    expect(parts.every((part) => /^[\d,]+$/.test(part))).toBe(true);
    expect(await cellOf(page, 'duty', 'window')).toMatch(/^(open|closed)$/);
    await expect.poll(() => cellOf(page, 'duty', '99 of 100 took less than'), SOON).toBe('33 µs');
    await expect
      .poll(() => textOf(page, 'note-service'), SOON)
      .toMatch(/breaks timed from the fault to its end.*99 % less than 33 µs\.$/);
  });

  it('says that breaks are counted where they all are', async () => {
    const { page, complaints } = await show({ profile: 'exact', historySec: 880 }, { hash: '#/breaks' });
    await expect
      .poll(() => textOf(page, 'breaks-note'), SOON)
      .toBe('Kprobe tier: every break that it sees is counted, none is scaled.');
    expect(await cellOf(page, 'breaks', 'unmerge')).toBe('512');
    expect(await cellOf(page, 'breaks', 'estimated')).toBe('none');
    expect(await cellOf(page, 'breaks', 'charged to nobody')).toBe('0');
    expect(await cellOf(page, 'duty', 'window')).toBe('always on');
    expect(complaints).toEqual([]);
  });

  it('has dashes where only counters tell', async () => {
    const { page } = await show({ profile: 'bare', historySec: 200 }, { hash: '#/breaks' });
    await expect.poll(() => textOf(page, 'breaks-note'), SOON).toContain('Counters only');
    expect(await cellOf(page, 'breaks', 'user')).toBe('–');
    expect(await textOf(page, 'note-breaks')).toBe('Breaks since the agent started: not known.');
  });
});

describe.each(VIEWS)('the view %s', (view) => {
  it.each([1440, 360])('moves nothing while figures change, at %d pixels', async (width) => {
    // A window opens while it is looked at: the sentence under the breaks gets shorter.
    const options = { viewport: { width, height: 900 }, hash: `#/${view}` };
    const { page } = await show({ intervalMs: 250, historySec: 894 }, options);
    await draws(page, CHARTS[view].slice(0, 1));
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(890);
    // The chart of guests is made anew once it is known who breaks most.
    await page.waitForTimeout(1_500);
    const shifts = await page.evaluate<string[]>(`new Promise((resolve) => {
      const shifts = [];
      new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries()) {
          for (const { node, previousRect, currentRect } of sources) {
            const what = node?.outerHTML?.slice(0, 120) ?? node?.textContent;
            shifts.push([what, JSON.stringify(previousRect), JSON.stringify(currentRect)].join(' '));
          }
        }
      }).observe({ type: 'layout-shift' });
      setTimeout(() => resolve(shifts), 3000);
    })`);
    expect(shifts).toEqual([]);
  });
});
