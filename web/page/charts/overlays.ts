/** What is drawn over and under the lines: the time under the cursor, the marks with their lane, and the band of lowest to highest. */

import type { Chart, Plugin } from 'chart.js';
import { clusterAt, type Cluster, type MarkKind } from '../marks.js';
import { FONT_SIZE, LANE_HEIGHT } from './chart-setup.js';
import { faded, type Palette } from './palette.js';

type Values = readonly (number | null)[];

export interface Band {
  readonly times: readonly number[];
  readonly low: Values;
  readonly high: Values;
  readonly color: string;
  /** Id of the value axis. */
  readonly axis: string;
}

/** Distance below which marks make a cluster, pixels: a shape and some air. */
export const APART = 14;
/** Clusters that are drawn through the chart, and not in its lane alone. */
const MOST_LINES = 12;
/** Reach of a finger or an unsteady hand, pixels. */
export const REACH = 8;

/** A vertical line at the time that `timeMs` gives, in every chart at once, and that time at its foot. */
export function hairline(
  timeMs: () => number | undefined,
  label: (timeMs: number) => string,
  palette: () => Palette,
): Plugin<'line'> {
  return {
    id: 'hairline',
    afterDraw(chart) {
      const time = timeMs();
      if (time === undefined) return;
      const x = pixelOf(chart, time);
      if (x === undefined) return;
      const colors = palette();
      vertical(chart, x, colors.inkSoft, []);
      const { ctx, chartArea } = chart;
      const text = label(time);
      ctx.save();
      ctx.font = `600 ${FONT_SIZE}px ${ctx.font.split('px ')[1] ?? 'sans-serif'}`;
      const width = ctx.measureText(text).width + 10;
      const left = Math.min(Math.max(x - width / 2, chartArea.left), chartArea.right - width);
      ctx.fillStyle = colors.ink;
      ctx.fillRect(left, chartArea.bottom + 2, width, FONT_SIZE * 1.5);
      ctx.fillStyle = colors.surface;
      ctx.textBaseline = 'middle';
      ctx.fillText(text, left + 5, chartArea.bottom + 2 + FONT_SIZE * 0.78);
      ctx.restore();
    },
  };
}

/** Faint lines through the chart, and a shape for each in the lane below the axis; clusters with their number. */
export function markLane(
  clusters: () => readonly Cluster[],
  cursorMs: () => number | undefined,
  palette: () => Palette,
): Plugin<'line'> {
  return {
    id: 'marks',
    beforeDatasetsDraw(chart) {
      // More lines than this are a fence in front of the chart; the lane shows them all the same.
      if (clusters().length > MOST_LINES) return;
      const colors = palette();
      for (const cluster of clusters()) {
        const from = pixelOf(chart, cluster.fromMs);
        const to = pixelOf(chart, cluster.toMs);
        if (from === undefined || to === undefined) continue;
        const color = faded(colorOf(cluster.kind, colors), 0.45);
        if (to - from < 2) vertical(chart, from, color, cluster.kind === 'written' ? [] : [3, 3]);
        else band(chart, from, to, faded(colorOf(cluster.kind, colors), 0.12));
      }
    },
    afterDraw(chart) {
      const colors = palette();
      const cursor = cursorMs();
      const pointed = cursor === undefined ? undefined : clusterAt(clusters(), cursor, reachMs(chart, REACH));
      for (const cluster of clusters()) {
        const from = pixelOf(chart, cluster.fromMs);
        const to = pixelOf(chart, cluster.toMs);
        if (from !== undefined && to !== undefined) shape(chart, cluster, (from + to) / 2, colors, cluster === pointed);
      }
    },
  };
}

/** Lowest to highest of each row, behind the lines. */
export function lowHighBand(bands: () => readonly Band[]): Plugin<'line'> {
  return {
    id: 'band',
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const x = chart.scales['x'];
      if (x === undefined) return;
      ctx.save();
      ctx.beginPath();
      ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
      ctx.clip();
      for (const { times, low, high, color, axis } of bands()) {
        const y = chart.scales[axis];
        if (y === undefined) continue;
        ctx.fillStyle = color;
        let start = 0;
        while (start < times.length) {
          let end = start;
          while (end < times.length && typeof low[end] === 'number' && typeof high[end] === 'number') end += 1;
          if (end > start) polygon(ctx, x, y, { times, low, high }, start, end);
          start = Math.max(end, start + 1);
        }
      }
      ctx.restore();
    },
  };
}

type Scale = Chart['scales'][string];

function polygon(
  ctx: CanvasRenderingContext2D,
  x: Scale,
  y: Scale,
  { times, low, high }: { times: readonly number[]; low: Values; high: Values },
  start: number,
  end: number,
): void {
  ctx.beginPath();
  for (let row = start; row < end; row += 1)
    ctx.lineTo(x.getPixelForValue(times[row] ?? 0), y.getPixelForValue(high[row] ?? 0));
  for (let row = end - 1; row >= start; row -= 1)
    ctx.lineTo(x.getPixelForValue(times[row] ?? 0), y.getPixelForValue(low[row] ?? 0));
  ctx.closePath();
  ctx.fill();
}

/** How much time so many pixels are. */
export function reachMs(chart: Chart, pixels: number): number {
  const { left, right } = chart.chartArea;
  const x = chart.scales['x'];
  return x === undefined || right <= left ? 0 : ((x.max - x.min) / (right - left)) * pixels;
}

/** Undefined where the time is outside of the chart. */
function pixelOf(chart: Chart, timeMs: number): number | undefined {
  const x = chart.scales['x']?.getPixelForValue(timeMs) ?? NaN;
  return x >= chart.chartArea.left - 0.5 && x <= chart.chartArea.right + 0.5 ? x : undefined;
}

function vertical(chart: Chart, x: number, color: string, dash: number[]): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, chartArea.top);
  ctx.lineTo(Math.round(x) + 0.5, chartArea.bottom);
  ctx.stroke();
  ctx.restore();
}

function band(chart: Chart, from: number, to: number, color: string): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.fillStyle = color;
  ctx.fillRect(from, chartArea.top, to - from, chartArea.height);
  ctx.restore();
}

function colorOf(kind: MarkKind | undefined, { series, inkSoft }: Palette): string {
  switch (kind) {
    case 'written':
    case 'advised':
      return series.green;
    case 'foreign':
      return series.vermilion;
    case 'mode':
      return series.purple;
    case 'entered':
    case 'left':
      return series.blue;
    case undefined:
      return inkSoft;
  }
}

/** In the lane: ● written, ○ advised, ▲ somebody else, ◆ mode, ▸ guest starts, ◂ guest ends; a number for several. */
function shape(chart: Chart, { kind, marks }: Cluster, at: number, palette: Palette, isPointed: boolean): void {
  const { ctx } = chart;
  const x = Math.round(at) + 0.5;
  const y = chart.height - LANE_HEIGHT / 2;
  const color = colorOf(kind, palette);
  ctx.save();
  ctx.fillStyle = color;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  if (isPointed) {
    ctx.fillStyle = faded(palette.ink, 0.15);
    ctx.fillRect(x - 8, y - LANE_HEIGHT / 2, 16, LANE_HEIGHT);
    ctx.fillStyle = color;
  }
  if (marks.length > 1) {
    const text = marks.length > 99 ? '99+' : String(marks.length);
    ctx.font = `600 ${Math.round(FONT_SIZE * 0.86)}px sans-serif`;
    const width = Math.max(12, ctx.measureText(text).width + 5);
    ctx.roundRect(x - width / 2, y - 6, width, 12, 3);
    ctx.fill();
    ctx.fillStyle = palette.surface;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(text, x, y + 0.5);
  } else {
    outline(ctx, kind, x, y);
    if (kind === 'advised') ctx.stroke();
    else ctx.fill();
  }
  ctx.restore();
}

function outline(ctx: CanvasRenderingContext2D, kind: MarkKind | undefined, x: number, y: number): void {
  const corners: Partial<Record<MarkKind, readonly (readonly [number, number])[]>> = {
    foreign: [
      [-4, 3.5],
      [4, 3.5],
      [0, -4],
    ],
    mode: [
      [-4.5, 0],
      [0, -4.5],
      [4.5, 0],
      [0, 4.5],
    ],
    entered: [
      [-3, -4],
      [4, 0],
      [-3, 4],
    ],
    left: [
      [3, -4],
      [-4, 0],
      [3, 4],
    ],
  };
  const points = kind === undefined ? undefined : corners[kind];
  if (points === undefined) {
    ctx.arc(x, y, 3.5, 0, 2 * Math.PI);
    return;
  }
  for (const [dx, dy] of points) ctx.lineTo(x + dx, y + dy);
  ctx.closePath();
}
