/** The histogram of merge lifetimes. */

import type { HistogramBucket__Output } from '../../../proto/generated/ksmpilot/v1/HistogramBucket.js';
import { atAxis, short } from '../format.js';
import { bucketLabel, trimmed } from '../histogram.js';
import { valueTicks, type Ticks } from '../scale.js';
import { AXIS_WIDTH, Chart } from './chart-setup.js';
import { faded, type Palette } from './palette.js';

export class LifetimeChart {
  readonly #chart: Chart<'bar', number[], string>;
  #ticks: Ticks = valueTicks(0, 0, 'decimal');
  #shown = '';

  constructor(canvas: HTMLCanvasElement, palette: () => Palette) {
    const soft = (): string => palette().inkSoft;
    const border = { display: false };
    this.#chart = new Chart<'bar', number[], string>(canvas, {
      type: 'bar',
      data: {
        labels: [],
        datasets: [
          {
            data: [],
            borderColor: () => palette().series.purple,
            backgroundColor: () => faded(palette().series.purple, 0.45),
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
  update(all: readonly HistogramBucket__Output[]): boolean {
    const buckets = trimmed(all);
    const shown = JSON.stringify(buckets);
    if (shown === this.#shown) return buckets.length > 0;
    this.#shown = shown;
    const counts = buckets.map((bucket) => bucket.count);
    this.#ticks = valueTicks(0, Math.max(0, ...counts), 'decimal');
    this.#chart.data.labels = buckets.map(bucketLabel);
    const [data] = this.#chart.data.datasets;
    if (data !== undefined) data.data = counts;
    this.#chart.update('none');
    return buckets.length > 0;
  }

  /** Draws again, in the colours of the theme. */
  restyle(): void {
    this.#chart.update('none');
  }
}
