/** One canvas over time: takes the points of a ChartSpec from the ring and draws them. */

import type { ChartOptions, Plugin, Scale } from 'chart.js';
import { atAxis, clock } from '../format.js';
import { spanSec, timeTicks, valueTicks, type Ticks } from '../scale.js';
import type { PageState } from '../state.js';
import { thin } from '../thin.js';
import { AXIS_WIDTH, Chart, FONT_SIZE } from './chart-setup.js';
import { faded, type Palette } from './palette.js';
import { extentOf, pointsOf, stackUp, type DrawnPoint } from './rows.js';
import type { Axis, ChartSpec } from './specs.js';

/** Pixels that a time label needs, with some air. */
const TIME_LABEL = { minutes: FONT_SIZE * 6, seconds: FONT_SIZE * 8 } as const;
const SHORT_RANGE_MS = 600_000;

type ValueScale = NonNullable<NonNullable<ChartOptions<'line'>['scales']>[string]>;
type LineChart = Chart<'line', DrawnPoint[]>;

export interface TimeChartOptions {
  readonly canvas: HTMLCanvasElement;
  readonly spec: ChartSpec;
  readonly palette: () => Palette;
  readonly plugins: Plugin<'line'>[];
}

export class TimeChart {
  readonly #spec: ChartSpec;
  readonly #chart: LineChart;
  readonly #palette: () => Palette;
  #span = { fromMs: 0, toMs: 1 };
  readonly #ticks: { upper: Ticks; lower: Ticks; times: number[] } = {
    upper: valueTicks(0, 0, 'decimal'),
    lower: valueTicks(0, 0, 'decimal'),
    times: [],
  };

  constructor({ canvas, spec, palette, plugins }: TimeChartOptions) {
    this.#spec = spec;
    this.#palette = palette;
    this.#chart = new Chart<'line', DrawnPoint[]>(canvas, {
      type: 'line',
      data: { datasets: spec.series.map((_, index) => this.#dataset(index)) },
      options: this.#options(),
      plugins,
    });
  }

  get chart(): Chart {
    return this.#chart;
  }

  /** Draws the newest `rangeSec` seconds, or all there is. Returns whether anything in them is known. */
  update({ ring, rangeSec }: PageState): boolean {
    const toMs = ring.newestMs ?? 0;
    const fromMs = toMs - spanSec((toMs - (ring.oldestMs ?? toMs)) / 1_000, rangeSec) * 1_000;
    const { series, form, axis, lower } = this.#spec;
    const buckets = Math.max(50, Math.floor(this.#chart.width / 2));
    const columns = series.map(({ column }) => column);
    const { times, values } = thin(ring, { columns, fromMs, toMs, buckets });
    const drawn = form === 'stack' ? stackUp(values) : values;
    this.#chart.data.datasets.forEach((data, index) => (data.data = pointsOf(times, drawn[index] ?? [])));
    const inPanel = (isLower: boolean): readonly (readonly (number | null)[])[] =>
      drawn.filter((_, index) => (series[index]?.lower === true) === isLower);
    const upper = extentOf(inPanel(false));
    this.#ticks.upper = valueTicks(upper.least, upper.greatest, axis.steps, lower === undefined ? 4 : 3);
    if (lower !== undefined) {
      const extent = extentOf(inPanel(true));
      this.#ticks.lower = valueTicks(extent.least, extent.greatest, lower.steps, 2);
    }
    this.#ticks.times = this.#timesOf(fromMs, toMs);
    this.#span = { fromMs, toMs };
    this.#chart.update('none');
    return values.some((column) => column.some((value) => value !== null));
  }

  #timesOf(fromMs: number, toMs: number): number[] {
    const label = toMs - fromMs <= SHORT_RANGE_MS ? TIME_LABEL.seconds : TIME_LABEL.minutes;
    const most = Math.max(2, Math.floor((this.#chart.width - AXIS_WIDTH) / label));
    // Labels stand in the middle below their line: none so near to the edge that it would be cut.
    const edge = ((toMs - fromMs) * label) / 4 / Math.max(1, this.#chart.width - AXIS_WIDTH);
    const ticks = timeTicks(fromMs, toMs, most, -new Date(toMs).getTimezoneOffset() * 60_000);
    return ticks.filter((time) => time - fromMs >= edge && toMs - time >= edge);
  }

  #options(): ChartOptions<'line'> {
    const { axis, lower } = this.#spec;
    return {
      parsing: false,
      normalized: true,
      spanGaps: false,
      layout: { padding: { top: 6, right: 6 } },
      elements: { point: { radius: 0, hitRadius: 0, hoverRadius: 0 } },
      scales: {
        x: {
          type: 'linear',
          bounds: 'data',
          ...this.#colours(),
          ticks: {
            color: () => this.#palette().inkSoft,
            maxRotation: 0,
            autoSkip: false,
            callback: (value) => this.#timeLabel(value),
          },
          afterDataLimits: (scale) => {
            scale.min = this.#span.fromMs;
            scale.max = this.#span.toMs;
          },
          afterBuildTicks: (scale) => setTicks(scale, this.#ticks.times),
        },
        // Chart.js places the axes of a stack from the bottom up.
        ...(lower && { lower: this.#valueScale(lower, () => this.#ticks.lower, { stack: 'p', stackWeight: 1 }) }),
        y: this.#valueScale(axis, () => this.#ticks.upper, lower === undefined ? {} : { stack: 'p', stackWeight: 2 }),
      },
    };
  }

  #dataset(index: number): LineChart['data']['datasets'][number] {
    const { form, series: all } = this.#spec;
    const series = all[index];
    const color = (): string => this.#palette().series[series?.color ?? 'grey'];
    const isDashed = series?.dashed === true;
    return {
      data: [],
      label: series?.label ?? '',
      yAxisID: series?.lower === true ? 'lower' : 'y',
      borderColor: color,
      backgroundColor: () => faded(color(), form === 'stack' ? 0.55 : 0.1),
      borderWidth: form === 'stack' ? 1 : 1.5,
      borderDash: isDashed ? [4, 3] : [],
      borderJoinStyle: 'round',
      stepped: form === 'steps' ? 'before' : false,
      fill: form === 'stack' && index > 0 ? '-1' : form === 'steps' || isDashed ? false : 'origin',
    };
  }

  #valueScale(axis: Axis, ticks: () => Ticks, place: { stack?: string; stackWeight?: number }): ValueScale {
    // The greatest label of the lower panel would meet the least of the upper one.
    const hidden = (): number => (axis === this.#spec.lower ? ticks().max : NaN);
    return {
      type: 'linear',
      bounds: 'data',
      ...place,
      ...this.#colours(),
      ticks: {
        color: () => this.#palette().inkSoft,
        autoSkip: false,
        callback: (value) => (Number(value) === hidden() ? '' : atAxis(axis.format(Number(value)))),
      },
      afterDataLimits: (scale) => {
        scale.min = ticks().min;
        scale.max = ticks().max;
      },
      afterBuildTicks: (scale) => setTicks(scale, ticks().ticks),
      afterFit: (scale) => {
        scale.width = AXIS_WIDTH;
      },
    };
  }

  /** Asked for at each drawing, so that a change of theme needs no more than that. */
  #colours(): Pick<ValueScale, 'grid' | 'border'> {
    return { grid: { color: () => this.#palette().grid, drawTicks: false }, border: { display: false } };
  }

  #timeLabel(value: string | number): string {
    const text = clock(Number(value));
    const times = this.#ticks.times;
    return (times[1] ?? Infinity) - (times[0] ?? 0) < 60_000 ? text : text.slice(0, 5);
  }
}

function setTicks(scale: Scale, values: readonly number[]): void {
  scale.ticks = values.map((value) => ({ value }));
}
