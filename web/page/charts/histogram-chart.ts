/** A histogram: one bar for each range of values, ranges of equal width on the screen. */

import { atAxis, short } from '../format.js';
import { trimmed, type Bar } from '../histogram.js';
import { valueTicks, type Ticks } from '../scale.js';
import { AXIS_WIDTH, Chart } from './chart-setup.js';
import { faded, palette, type Color } from './palette.js';

export class HistogramChart {
  readonly #chart: Chart<'bar', number[], string>;
  #ticks: Ticks = valueTicks(0, 0, 'decimal');
  #shown = '';

  constructor(canvas: HTMLCanvasElement, color: Color) {
    const soft = (): string => palette().inkSoft;
    const border = { display: false };
    this.#chart = new Chart<'bar', number[], string>(canvas, {
      type: 'bar',
      data: {
        labels: [],
        datasets: [
          {
            data: [],
            borderColor: () => palette().series[color],
            backgroundColor: () => faded(palette().series[color], 0.45),
            borderWidth: 1,
            categoryPercentage: 1,
            barPercentage: 0.92,
          },
        ],
      },
      options: {
        layout: { padding: { top: 6, right: 6 } },
        scales: {
          x: {
            ticks: { color: soft, maxRotation: 0, autoSkip: true, autoSkipPadding: 10 },
            grid: { display: false },
            border,
          },
          y: {
            bounds: 'data',
            grid: { color: () => palette().grid, drawTicks: false },
            border,
            ticks: { color: soft, autoSkip: false, callback: (value) => atAxis(short(Number(value))) },
            afterDataLimits: (scale) => {
              scale.min = 0;
              scale.max = this.#ticks.max;
            },
            afterBuildTicks: (scale) => {
              scale.ticks = this.#ticks.ticks.map((value) => ({ value }));
            },
            afterFit: (scale) => {
              scale.width = AXIS_WIDTH;
            },
          },
        },
      },
    });
  }

  /** Returns whether there is anything to show. */
  update(all: readonly Bar[]): boolean {
    const bars = trimmed(all);
    const shown = JSON.stringify(bars);
    if (shown === this.#shown) return bars.length > 0;
    this.#shown = shown;
    const counts = bars.map((bar) => bar.count);
    this.#ticks = valueTicks(0, Math.max(0, ...counts), 'decimal');
    this.#chart.data.labels = bars.map((bar) => bar.label);
    const [data] = this.#chart.data.datasets;
    if (data !== undefined) data.data = counts;
    this.#chart.update('none');
    return bars.length > 0;
  }

  /** Draws again, in the colours of the theme. */
  restyle(): void {
    this.#chart.update('none');
  }

  destroy(): void {
    this.#chart.destroy();
  }
}
