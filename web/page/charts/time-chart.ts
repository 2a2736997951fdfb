/** One canvas over time: draws the rows of a source as a ChartSpec says. */

import type { ChartOptions, Plugin, Scale } from 'chart.js';
import { atAxis } from '../format.js';
import { valueTicks, type Ticks } from '../scale.js';
import { timeTicks, type TimeTick } from '../time-axis.js';
import { AXIS_WIDTH, Chart, FONT_SIZE, LANE_HEIGHT } from './chart-setup.js';
import { derived, nearestRow, type Drawable } from './drawable.js';
import { lowHighBand, reachMs, type Band } from './overlays.js';
import { faded, palette } from './palette.js';
import { extentOf, pointsOf, stackUp, type DrawnPoint } from './rows.js';
import { columnsOf, type Axis, type ChartSpec, type SeriesSpec } from './spec.js';

/** Pixels that a time label needs, with some air. */
const TIME_LABEL = FONT_SIZE * 7;
/** Rows further from the cursor than so many pixels are not what it points at. */
const POINTED = 12;
/** Points that lie over each other are told apart. */
const POINT_INK = 0.8;

type Values = readonly (number | null)[];
type ValueScale = NonNullable<NonNullable<ChartOptions<'line'>['scales']>[string]>;
type LineChart = Chart<'line', DrawnPoint[]>;

export interface TimeChartOptions {
  readonly canvas: HTMLCanvasElement;
  readonly spec: ChartSpec;
  readonly plugins: readonly Plugin<'line'>[];
}

export class TimeChart {
  readonly #spec: ChartSpec;
  readonly #chart: LineChart;
  /** All columns of the series, in their order; each once for each series that needs it. */
  readonly columns: readonly string[];
  #span = { fromMs: 0, toMs: 1 };
  #times: readonly number[] = [];
  #values: readonly Values[] = [];
  #bands: readonly Band[] = [];
  readonly #ticks: { upper: Ticks; lower: Ticks; times: readonly TimeTick[] } = {
    upper: valueTicks(0, 0, 'decimal'),
    lower: valueTicks(0, 0, 'decimal'),
    times: [],
  };

  constructor({ canvas, spec, plugins }: TimeChartOptions) {
    this.#spec = spec;
    this.columns = spec.series.flatMap(columnsOf);
    this.#chart = new Chart<'line', DrawnPoint[]>(canvas, {
      type: 'line',
      data: { datasets: spec.series.map((series, index) => this.#dataset(series, index)) },
      options: this.#options(),
      plugins: [lowHighBand(() => this.#bands), ...plugins],
    });
  }

  get chart(): Chart {
    return this.#chart;
  }

  /** Slices of time that it can show apart. */
  get buckets(): number {
    return Math.max(50, Math.floor(this.#chart.width / 2));
  }

  /** Draws rows of `columns`. Returns whether anything in them is known. */
  update(drawable: Drawable, fromMs: number, toMs: number): boolean {
    const { series, form, axis, lower } = this.#spec;
    this.#times = drawable.times;
    this.#span = { fromMs, toMs };
    this.#values = this.#valuesOf(drawable);
    const drawn = form === 'stack' ? stackUp(this.#values) : this.#values;
    this.#bands = this.#bandsOf(drawable);
    this.#chart.data.datasets.forEach((data, index) => {
      data.data = pointsOf(this.#times, drawn[index] ?? []);
      // Plain values, though those of the line are functions: Chart.js then resolves the options of all points at once.
      const color = faded(palette().series[series[index]?.color ?? 'grey'], POINT_INK);
      data.pointBackgroundColor = color;
      data.pointBorderColor = color;
    });
    const inPanel = (isLower: boolean): readonly Values[] => [
      ...drawn.filter((_, index) => (series[index]?.lower === true) === isLower),
      ...this.#bands.filter((band) => (band.axis === 'lower') === isLower).flatMap(({ low, high }) => [low, high]),
    ];
    const upper = extentOf(inPanel(false));
    this.#ticks.upper = valueTicks(upper.least, upper.greatest, axis.steps, lower === undefined ? 4 : 3);
    if (lower !== undefined) {
      const extent = extentOf(inPanel(true));
      this.#ticks.lower = valueTicks(extent.least, extent.greatest, lower.steps, 2);
    }
    this.#ticks.times = this.#timesOf(fromMs, toMs);
    this.#chart.update('none');
    return this.#values.some((column) => column.some((value) => value !== null));
  }

  /** The figures of the series at a time; null where nothing is known near it. */
  valuesAt(timeMs: number): readonly (number | null)[] {
    const row = nearestRow(this.#times, timeMs, Math.max(reachMs(this.#chart, POINTED), 1_500));
    return this.#values.map((column) => (row === undefined ? null : (column[row] ?? null)));
  }

  /** The newest figures; null where the newest row has none. */
  newestValues(): readonly (number | null)[] {
    return this.#values.map((column) => column.at(-1) ?? null);
  }

  /** Time of a pixel from the left edge of the canvas; undefined outside of the plot. */
  timeAt(pixel: number): number | undefined {
    const { left, right } = this.#chart.chartArea;
    if (pixel < left || pixel > right) return undefined;
    return this.#chart.scales['x']?.getValueForPixel(pixel);
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #valuesOf(drawable: Drawable): readonly Values[] {
    let at = 0;
    return this.#spec.series.map((series) => {
      const count = columnsOf(series).length;
      const own = { ...drawable, values: drawable.values.slice(at, at + count) };
      at += count;
      return series.of === undefined ? (own.values[0] ?? []) : derived(own, series.of);
    });
  }

  /** Only of lines of one column: a stack of lowest values means nothing. */
  #bandsOf(drawable: Drawable): readonly Band[] {
    const { form, series } = this.#spec;
    if (!drawable.hasBand || form !== 'lines') return [];
    let at = 0;
    return series.flatMap((one) => {
      const place = at;
      at += columnsOf(one).length;
      if (one.of !== undefined) return [];
      return [
        {
          times: drawable.times,
          low: drawable.low[place] ?? [],
          high: drawable.high[place] ?? [],
          color: faded(palette().series[one.color], 0.22),
          axis: one.lower === true ? 'lower' : 'y',
        },
      ];
    });
  }

  #timesOf(fromMs: number, toMs: number): readonly TimeTick[] {
    const width = Math.max(1, this.#chart.width - AXIS_WIDTH);
    const ticks = timeTicks(fromMs, toMs, Math.max(2, Math.floor(width / TIME_LABEL)));
    // Labels stand in the middle below their line: none so near to the edge that it would be cut.
    const edge = ((toMs - fromMs) * TIME_LABEL) / 4 / width;
    return ticks.filter(({ timeMs }) => timeMs - fromMs >= edge && toMs - timeMs >= edge);
  }

  #options(): ChartOptions<'line'> {
    const { axis, lower } = this.#spec;
    return {
      parsing: false,
      normalized: true,
      spanGaps: false,
      layout: { padding: { top: 6, right: 6, bottom: LANE_HEIGHT } },
      elements: { point: { radius: 0, hitRadius: 0, hoverRadius: 0 } },
      scales: {
        x: {
          type: 'linear',
          bounds: 'data',
          ...colours(),
          ticks: {
            color: () => palette().inkSoft,
            maxRotation: 0,
            autoSkip: false,
            callback: (_, index) => this.#ticks.times[index]?.label ?? '',
          },
          afterDataLimits: (scale) => {
            scale.min = this.#span.fromMs;
            scale.max = this.#span.toMs;
          },
          afterBuildTicks: (scale) => {
            setTicks(
              scale,
              this.#ticks.times.map(({ timeMs }) => timeMs),
            );
          },
        },
        // Chart.js places the axes of a stack from the bottom up.
        ...(lower && { lower: this.#valueScale(lower, () => this.#ticks.lower, { stack: 'p', stackWeight: 1 }) }),
        y: this.#valueScale(axis, () => this.#ticks.upper, lower === undefined ? {} : { stack: 'p', stackWeight: 2 }),
      },
    };
  }

  #dataset(series: SeriesSpec, index: number): LineChart['data']['datasets'][number] {
    const { form } = this.#spec;
    const color = (): string => palette().series[series.color];
    const isDashed = series.dashed === true;
    return {
      data: [],
      label: series.label,
      yAxisID: series.lower === true ? 'lower' : 'y',
      borderColor: color,
      backgroundColor: () => faded(color(), form === 'stack' ? 0.55 : 0.1),
      borderWidth: form === 'stack' ? 1 : 1.5,
      borderDash: isDashed ? [4, 3] : [],
      borderJoinStyle: 'round',
      stepped: form === 'steps' ? 'before' : false,
      ...(form === 'points' && { showLine: false, pointRadius: 2.2, pointStyle: isDashed ? 'triangle' : 'circle' }),
      fill: form === 'stack' && index > 0 ? '-1' : form === 'steps' || form === 'points' || isDashed ? false : 'origin',
    };
  }

  #valueScale(axis: Axis, ticks: () => Ticks, place: { stack?: string; stackWeight?: number }): ValueScale {
    // The greatest label of the lower panel would meet the least of the upper one.
    const hidden = (): number => (axis === this.#spec.lower ? ticks().max : NaN);
    return {
      type: 'linear',
      bounds: 'data',
      ...place,
      ...colours(),
      ticks: {
        color: () => palette().inkSoft,
        autoSkip: false,
        callback: (value) => (Number(value) === hidden() ? '' : atAxis(axis.format(Number(value)))),
      },
      afterDataLimits: (scale) => {
        scale.min = ticks().min;
        scale.max = ticks().max;
      },
      afterBuildTicks: (scale) => {
        setTicks(scale, ticks().ticks);
      },
      afterFit: (scale) => {
        scale.width = AXIS_WIDTH;
      },
    };
  }
}

/** Asked for at each drawing, so that a change of theme needs no more than that. */
function colours(): Pick<ValueScale, 'grid' | 'border'> {
  return { grid: { color: () => palette().grid, drawTicks: false }, border: { display: false } };
}

function setTicks(scale: Scale, values: readonly number[]): void {
  scale.ticks = values.map((value) => ({ value }));
}
