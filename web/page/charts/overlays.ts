/** What is drawn over the lines: the time under the pointer, and the marks of decisions. */

import type { Chart, Plugin } from 'chart.js';
import type { Mark } from '../timeline.js';
import type { Palette } from './palette.js';

/** A vertical line at the time that `timeMs` gives, in every chart at once. */
export function hairline(timeMs: () => number | undefined, palette: () => Palette): Plugin<'line'> {
  return {
    id: 'hairline',
    afterDatasetsDraw(chart) {
      const time = timeMs();
      if (time === undefined) return;
      vertical(chart, time, palette().inkSoft, []);
    },
  };
}

/** Lines with a shape at the top: full dot written, ring advised, triangle somebody else. */
export function markLines(marks: () => readonly Mark[], palette: () => Palette): Plugin<'line'> {
  return {
    id: 'marks',
    afterDatasetsDraw(chart) {
      for (const mark of marks()) {
        const color = mark.kind === 'foreign' ? palette().series.vermilion : palette().series.green;
        if (vertical(chart, mark.timeMs, color, mark.kind === 'written' ? [] : [3, 3])) shape(chart, mark, color);
      }
    },
  };
}

/** The mark nearest to a pixel, within reach of a finger or an unsteady hand. */
export function markAt(chart: Chart, marks: readonly Mark[], pixel: number): Mark | undefined {
  const reach = 8;
  let best: Mark | undefined;
  let distance = reach;
  for (const mark of marks) {
    const away = Math.abs((chart.scales['x']?.getPixelForValue(mark.timeMs) ?? Infinity) - pixel);
    if (away > distance) continue;
    best = mark;
    distance = away;
  }
  return best;
}

/** Returns false where the time is outside of the chart. */
function vertical(chart: Chart, timeMs: number, color: string, dash: number[]): boolean {
  const x = chart.scales['x']?.getPixelForValue(timeMs) ?? NaN;
  const { left, right, top, bottom } = chart.chartArea;
  if (!(x >= left && x <= right)) return false;
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, top);
  ctx.lineTo(Math.round(x) + 0.5, bottom);
  ctx.stroke();
  ctx.restore();
  return true;
}

function shape(chart: Chart, mark: Mark, color: string): void {
  const { ctx, chartArea } = chart;
  const x = Math.round(chart.scales['x']?.getPixelForValue(mark.timeMs) ?? 0) + 0.5;
  const y = chartArea.top;
  ctx.save();
  ctx.fillStyle = color;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  if (mark.kind === 'foreign') {
    ctx.moveTo(x - 4, y + 4);
    ctx.lineTo(x + 4, y + 4);
    ctx.lineTo(x, y - 4);
    ctx.closePath();
  } else {
    ctx.arc(x, y, 3.5, 0, 2 * Math.PI);
  }
  if (mark.kind === 'advised') ctx.stroke();
  else ctx.fill();
  ctx.restore();
}
