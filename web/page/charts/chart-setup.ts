/** Chart.js with the parts that this page draws with, and nothing else. */

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
} from 'chart.js';

/** Pixels; the page's root size grows with the screen, and the charts with it. */
export const FONT_SIZE = Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.78);
/** Room for `999 MiB` and the like beside a chart; fixed, so that the chart keeps its place when a label gets longer. */
export const AXIS_WIDTH = Math.round(FONT_SIZE * 5.6);
/** Room for the marks below the time axis, pixels. */
export const LANE_HEIGHT = 16;

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
);
Chart.defaults.animation = false;
Chart.defaults.responsive = true;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.events = [];
Chart.defaults.font.family = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
Chart.defaults.font.size = FONT_SIZE;

/** Of the chart in the canvas with this test id: where its plot lies, pixels, and the time that it spans. */
export function plotOf(testId: string): object | undefined {
  const canvas = document.querySelector<HTMLCanvasElement>(`canvas[data-testid="${CSS.escape(testId)}"]`);
  const chart = canvas === null ? undefined : Chart.getChart(canvas);
  if (chart === undefined) return undefined;
  const { left, right, top, bottom } = chart.chartArea;
  return { left, right, top, bottom, fromMs: chart.scales['x']?.min, toMs: chart.scales['x']?.max };
}

export { Chart };
