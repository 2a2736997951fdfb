/** Pointer and keyboard over a chart: the cursor, zoom by drag, and the way back. */

import { element } from '../dom.js';
import type { TimeRange } from '../time-range.js';
import type { TimeChart } from './time-chart.js';

/** A drag shorter than this is a click, pixels. */
const LEAST_DRAG = 6;
/** Steps of the cursor over the chart; with Shift ten times as many at once. */
const STEPS = 200;

export const KEYS_HELP =
  'Arrows move the cursor, N and P to the next mark and the one before, plus and minus zoom, Enter zooms to the cursor, Escape goes back.';

export interface PlotInputOptions {
  readonly plot: HTMLElement;
  readonly chart: TimeChart;
  readonly time: TimeRange;
  /** Middle of the first cluster of marks after a time, or of the last before it. */
  readonly nextMark: (timeMs: number, isBack: boolean) => number | undefined;
  /** Called after the keyboard moved the cursor: to read out what is there. */
  readonly onKeyCursor: () => void;
}

/** Returns what removes nothing but the drag in progress: listeners go with the elements. */
export function listenToPlot(options: PlotInputOptions): () => void {
  const { plot, chart, time } = options;
  const selection = element('div', { class: 'selection', hidden: '' });
  plot.append(selection);
  let startX: number | undefined;

  const pixelOf = (event: PointerEvent): number => {
    const { left } = plot.getBoundingClientRect();
    const area = chart.chart.chartArea;
    return Math.min(area.right, Math.max(area.left, event.clientX - left));
  };
  const end = (): void => {
    startX = undefined;
    selection.hidden = true;
  };

  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    startX = pixelOf(event);
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener('pointermove', (event) => {
    const x = pixelOf(event);
    const { left } = plot.getBoundingClientRect();
    const isInside = chart.timeAt(event.clientX - left) !== undefined;
    time.point(isInside || startX !== undefined ? chart.timeAt(x) : undefined);
    if (startX === undefined) return;
    const area = chart.chart.chartArea;
    selection.hidden = Math.abs(x - startX) < LEAST_DRAG;
    selection.style.left = `${Math.min(x, startX)}px`;
    selection.style.width = `${Math.abs(x - startX)}px`;
    selection.style.top = `${area.top}px`;
    selection.style.height = `${area.height}px`;
  });
  plot.addEventListener('pointerup', (event) => {
    const from = startX === undefined ? undefined : chart.timeAt(startX);
    const to = chart.timeAt(pixelOf(event));
    const isDrag = startX !== undefined && Math.abs(pixelOf(event) - startX) >= LEAST_DRAG;
    end();
    if (isDrag && from !== undefined && to !== undefined) time.zoom(from, to);
  });
  plot.addEventListener('pointercancel', end);
  plot.addEventListener('pointerleave', () => {
    if (startX === undefined) time.point(undefined);
  });
  plot.addEventListener('dblclick', () => time.back());
  plot.addEventListener('blur', () => time.point(undefined));
  plot.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!onKey(event, options)) return;
    event.preventDefault();
  });
  return end;
}

/** Returns whether the key meant something. */
function onKey({ key, shiftKey }: KeyboardEvent, { chart, time, nextMark, onKeyCursor }: PlotInputOptions): boolean {
  const x = chart.chart.scales['x'];
  if (x === undefined) return false;
  const { min, max } = x;
  const moveTo = (timeMs: number): true => {
    time.point(Math.min(max, Math.max(min, timeMs)));
    onKeyCursor();
    return true;
  };
  const step = ((max - min) / STEPS) * (shiftKey ? 10 : 1);
  switch (key) {
    case 'ArrowLeft':
      return moveTo((time.cursorMs ?? max) - step);
    case 'ArrowRight':
      return moveTo((time.cursorMs ?? min) + step);
    case 'n':
      return moveTo(nextMark(time.cursorMs ?? min, false) ?? time.cursorMs ?? max);
    case 'p':
      return moveTo(nextMark(time.cursorMs ?? max, true) ?? time.cursorMs ?? min);
    case 'Home':
      return moveTo(min);
    case 'End':
      return moveTo(max);
    case '+':
    case '=':
      time.scale(0.5, time.cursorMs);
      return true;
    case '-':
    case '_':
      time.scale(2, time.live ? undefined : time.cursorMs);
      return true;
    case 'Enter':
      if (time.cursorMs !== undefined) time.scale(0.1, time.cursorMs);
      return true;
    case 'Escape':
      if (time.cursorMs !== undefined) time.point(undefined);
      else time.back();
      return true;
    default:
      return false;
  }
}
