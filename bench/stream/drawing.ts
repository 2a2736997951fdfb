/** When the browser has drawn each sample. */

import type { Page } from 'playwright-core';

/**
 * Notes, for each newest sample that the page holds, the end of the first animation frame in which it holds it. The page
 * draws in the animation frame after a sample came; the message that a frame's callback posts is handled once that frame
 * was laid out and painted.
 */
const WATCH = `(() => {
  const drawn = [];
  window.__drawn = drawn;
  const { port1, port2 } = new MessageChannel();
  let known;
  port1.onmessage = ({ data }) => drawn.push([data, performance.timeOrigin + performance.now()]);
  const frame = () => {
    const newest = window.__ksmpilot?.newestMs();
    if (newest !== undefined && newest !== known) {
      known = newest;
      // One more frame: this callback may have come before the page's own.
      requestAnimationFrame(() => port2.postMessage(newest));
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()`;

export async function watchDrawing(page: Page): Promise<void> {
  // By the debugger, so that the page's policy for scripts stays in force.
  await page.evaluate(WATCH);
}

/** Milliseconds since the epoch at which it was drawn, by the time of the sample. */
export async function drawnTimes(page: Page): Promise<ReadonlyMap<number, number>> {
  return new Map(await page.evaluate<[number, number][]>('window.__drawn'));
}
