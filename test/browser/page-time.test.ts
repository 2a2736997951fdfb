/** The time that the charts show, in a real browser: zoom, cursor, address, history and its lack. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { canvasColours, samplesHeld } from '../helpers/browser.js';
import { inkAt, pageShower, plotArea, SOON, textOf, type ShownPage } from '../helpers/shown-page.js';

const MONTH_SEC = 30 * 86_400;
const CHART = 'chart-saved';

const open = pageShower('');

async function show(...args: Parameters<typeof open>): Promise<ShownPage> {
  const shown = await open(...args);
  await expect.poll(() => canvasColours(shown.page, CHART), SOON).toBeGreaterThan(5);
  return shown;
}

async function span(page: Page): Promise<number> {
  const { fromMs, toMs } = await plotArea(page, CHART);
  return toMs - fromMs;
}

/** Drags over a part of the plot, 0 to 1. */
async function drag(page: Page, from: number, to: number): Promise<void> {
  const box = await page.getByTestId('plot-saved').boundingBox();
  if (box === null) throw new Error('the chart is not shown');
  const { left, right } = await plotArea(page, CHART);
  const x = (part: number): number => box.x + left + part * (right - left);
  const y = box.y + box.height / 3;
  await page.mouse.move(x(from), y);
  await page.mouse.down();
  await page.mouse.move(x((from + to) / 2), y);
  await page.mouse.move(x(to), y);
  await page.mouse.up();
}

/** A figure in the legend of a chart. */
const figure = (page: Page, chart: string): Promise<string> =>
  page.locator(`.chart-${chart} .legend .value`).first().innerText();

describe('zoom', () => {
  it('takes what is dragged over, in all charts, keeps it in the address, and goes back', async () => {
    const { page, complaints } = await show({ historySec: 895 });
    const before = await plotArea(page, CHART);
    await drag(page, 0.75, 0.25);
    await expect.poll(() => span(page), SOON).toBeLessThan(460_000);
    const after = await plotArea(page, CHART);
    const part = (time: number): number => (time - before.fromMs) / (before.toMs - before.fromMs);
    expect(part(after.fromMs)).toBeCloseTo(0.25, 1);
    expect(part(after.toMs)).toBeCloseTo(0.75, 1);
    const other = await plotArea(page, 'chart-cpu');
    expect([other.fromMs, other.toMs]).toEqual([after.fromMs, after.toMs]);
    const address = new URLSearchParams(page.url().split('?')[1]);
    expect([Number(address.get('from')), Number(address.get('to'))]).toEqual([after.fromMs, after.toMs]);
    expect(await page.getByTestId('live').getAttribute('aria-pressed')).toBe('false');
    expect(await textOf(page, 'range-shown')).toMatch(/\d\d:\d\d:\d\d – .*\d\d:\d\d:\d\d/);

    // Held: nothing moves while samples come; another view and a reload show the same time.
    await page.waitForTimeout(1_500);
    expect((await plotArea(page, CHART)).toMs).toBe(after.toMs);
    await page.getByTestId('nav-scanner').click();
    await expect
      .poll(() => plotArea(page, 'chart-scan'), SOON)
      .toMatchObject({ fromMs: after.fromMs, toMs: after.toMs });
    await page.reload();
    await expect
      .poll(() => plotArea(page, 'chart-scan'), SOON)
      .toMatchObject({ fromMs: after.fromMs, toMs: after.toMs });

    await page.getByTestId('live').click();
    expect(await page.getByTestId('live').getAttribute('aria-pressed')).toBe('true');
    await page.getByTestId('range-back').click();
    await expect.poll(() => page.getByTestId('live').getAttribute('aria-pressed'), SOON).toBe('false');
    expect(complaints).toEqual([]);
  });

  it('takes a click for no drag', async () => {
    const { page } = await show({ historySec: 880 });
    await drag(page, 0.5, 0.503);
    expect(await page.getByTestId('live').getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByTestId('range-back').isDisabled()).toBe(true);
  });

  it('works by keyboard, and says what the cursor points at', async () => {
    const { page } = await show({ historySec: 880 });
    const plot = page.getByTestId('plot-saved');
    await plot.focus();
    await plot.press('End');
    await plot.press('Shift+ArrowLeft');
    const spoken = page.locator('[aria-live="polite"]').first();
    await expect.poll(() => spoken.innerText(), SOON).toMatch(/^\d\d:\d\d:\d\d, saved 1\.\d\d GiB, profit 1\.\d\d GiB/);
    const before = await span(page);
    await plot.press('+');
    await expect.poll(() => span(page), SOON).toBeCloseTo(before / 2, -4);
    await plot.press('-');
    await expect.poll(() => span(page), SOON).toBeCloseTo(before, -4);
    await plot.press('Escape');
    await plot.press('Escape');
    await plot.press('Escape');
    await expect.poll(() => page.getByTestId('live').getAttribute('aria-pressed'), SOON).toBe('true');
  });
});

describe('the marks', () => {
  it('are walked by keyboard, and said', async () => {
    const { page } = await show({ historySec: 880 });
    await page.getByTestId('nav-scanner').click();
    const plot = page.getByTestId('plot-cpu');
    await plot.focus();
    await plot.press('End');
    const spoken = page.locator('[aria-live="polite"]').first();
    const met = new Set<string>();
    for (let step = 0; step < 3; step += 1) {
      await plot.press('p');
      met.add(await spoken.innerText());
    }
    expect([...met]).toHaveLength(3);
    for (const said of met) expect(said).toMatch(/, ksmd [\d.]+ %, .*(→|offered|withdrawn|changed|knob|mode)/i);
    await expect.poll(() => page.locator('.bubble:visible').count(), SOON).toBe(1);
    await plot.press('n');
    // The figure is that of the nearest point drawn, which a newer sample may choose anew.
    const mark = (text: string | undefined): string | undefined => text?.replace(/ksmd [\d.]+ %/, 'ksmd');
    expect(mark(await spoken.innerText())).toBe(mark([...met][1]));
    await page.getByTestId('theme').focus();
    await expect.poll(() => page.locator('.bubble:visible').count(), SOON).toBe(0);
  });
});

describe('the cursor', () => {
  it('is one in all charts, and gives way to the newest figures', async () => {
    const { page } = await show({ historySec: 880 });
    await expect.poll(() => figure(page, 'cpu'), SOON).toMatch(/^[34]\.\d %$/);
    const box = await page.getByTestId('plot-saved').boundingBox();
    const { left, right, fromMs, toMs } = await plotArea(page, CHART);
    // A hundred seconds after its start the agent was in a burst.
    const startMs = toMs - 880_000;
    const x = left + ((startMs + 100_000 - fromMs) / (toMs - fromMs)) * (right - left);
    await page.mouse.move((box?.x ?? 0) + x, (box?.y ?? 0) + 40);
    await expect.poll(() => figure(page, 'cpu'), SOON).toMatch(/^3\d\.\d %$/);
    await page.mouse.move(5, 5);
    await expect.poll(() => figure(page, 'cpu'), SOON).toMatch(/^[34]\.\d %$/);
  });

  it('tells why at the mark of a decision, and is set by the list of what happened', async () => {
    const { page } = await show({ historySec: 880 });
    const box = await page.getByTestId('plot-saved').boundingBox();
    const { left, right, fromMs, toMs } = await plotArea(page, CHART);
    const x = left + ((toMs - 670_000 - fromMs) / (toMs - fromMs)) * (right - left);
    await page.mouse.move((box?.x ?? 0) + x, (box?.y ?? 0) + 40);
    await expect.poll(() => page.locator('.bubble').innerText(), SOON).toContain('track: the backlog is cleared');
    await page.mouse.move(5, 5);
    const entry = page.getByTestId('feed').locator('li').filter({ hasText: 'guests offered 1.9 GiB' });
    await entry.locator('button').focus();
    await expect.poll(() => figure(page, 'cpu'), SOON).toMatch(/^(0|3\d\.\d|0\.\d+) %$/);
  });
});

describe('the past', () => {
  it('is drawn from the history, with marks, and the way back needs no question', async () => {
    const { page, complaints } = await show({ historySec: 880, pastSec: MONTH_SEC });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/history')) asked.push(request.url());
    });
    await page.getByTestId('range').selectOption({ label: 'Last 30 days' });
    await expect.poll(() => span(page), SOON).toBeCloseTo(MONTH_SEC * 1_000, -9);
    await expect.poll(() => asked.length, SOON).toBe(1);
    const { fromMs, toMs } = await plotArea(page, CHART);
    await expect.poll(() => inkAt(page, CHART, fromMs + (toMs - fromMs) / 3), SOON).toBeGreaterThan(0.1);
    const { searchParams } = new URL(asked[0] ?? '');
    expect(Number(searchParams.get('points'))).toBeGreaterThan(100);
    expect(searchParams.get('fields')?.split(',')).toContain('saved_bytes');
    await expect.poll(() => page.getByTestId('feed').locator('li').count(), SOON).toBeGreaterThan(100);

    await drag(page, 0.2, 0.3);
    await expect.poll(() => span(page), SOON).toBeLessThan((MONTH_SEC * 1_000) / 8);
    await expect.poll(() => asked.length, SOON).toBe(2);
    await page.getByTestId('range-back').click();
    await expect.poll(() => span(page), SOON).toBeCloseTo(MONTH_SEC * 1_000, -9);
    await page.waitForTimeout(500);
    expect(asked).toHaveLength(2);
    expect(complaints).toEqual([]);
  });

  it('joins what the page saw without a seam', async () => {
    const { page } = await show({ historySec: 880, pastSec: MONTH_SEC }, { hash: '#/overview?last=3600' });
    await expect
      .poll(async () => inkAt(page, CHART, (await plotArea(page, CHART)).fromMs + 900_000), SOON)
      .toBeGreaterThan(0.2);
    const { toMs } = await plotArea(page, CHART);
    expect(await inkAt(page, CHART, toMs - 300_000)).toBeGreaterThan(0.4);
  });

  it('says where no history is kept, and shows what the agent holds in memory', async () => {
    const { page, served, complaints } = await show({ historySec: 3_700 });
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(890);
    expect(await samplesHeld(page)).toBeLessThan(1_000);
    expect(await page.getByTestId('past-notice').isHidden()).toBe(true);
    await page.getByTestId('range').selectOption({ label: 'Last 1 h' });
    await expect.poll(() => samplesHeld(page), SOON).toBeGreaterThan(3_580);
    expect(served.agent.lookBacks.at(-1)).toBeGreaterThanOrEqual(3_600);
    expect(complaints).toEqual([]);
  });

  it('says so in words while a part is not there', async () => {
    const { page } = await show({ historySec: 880 }, { hash: '#/overview?last=86400' });
    await expect
      .poll(() => textOf(page, 'past-notice'), SOON)
      .toContain('the agent keeps no history. Set history.enabled in its configuration.');
    // All there is fills the chart.
    await expect.poll(() => span(page), SOON).toBeLessThanOrEqual(900_000);
  });

  it('leaves a gap where nothing was sampled', async () => {
    const { page } = await show({ historySec: 880, gap: { fromSec: 400, toSec: 500 } });
    const { toMs } = await plotArea(page, CHART);
    const at = (sec: number): Promise<number> => inkAt(page, CHART, toMs - (880 - sec) * 1_000);
    expect(await at(350)).toBeGreaterThan(0.4);
    expect(await at(450)).toBeLessThan(0.15);
    expect(await at(550)).toBeGreaterThan(0.4);
  });

  it('can be any span', async () => {
    const { page } = await show({ historySec: 880, pastSec: MONTH_SEC });
    await page.getByTestId('range').selectOption('free');
    await page.getByTestId('free-from').fill('2026-01-02T03:04:05');
    await page.getByTestId('free-to').fill('2026-01-01T03:04:05');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect.poll(() => page.getByRole('alert').first().innerText(), SOON).toContain('before the second');
    await page.getByTestId('free-to').fill('2026-01-03T03:04:05');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect.poll(() => span(page), SOON).toBe(86_400_000);
    await expect.poll(() => page.getByText('Nothing is kept of this time').count(), SOON).toBe(4);
  });
});
