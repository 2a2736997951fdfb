/** All charts of the page: made once, drawn together, with one pointer over all of them. */

import { breaksSentence } from '../breaks.js';
import { element, setText } from '../dom.js';
import { clock, count } from '../format.js';
import { timed } from '../histogram.js';
import type { PageState } from '../state.js';
import { marksOf, type Mark } from '../timeline.js';
import { HistogramChart } from './histogram-chart.js';
import { HISTOGRAMS, type HistogramSpec } from './histograms.js';
import { hairline, markAt, markLines } from './overlays.js';
import { readPalette, type Palette } from './palette.js';
import { makePanel, type Panel } from './panel.js';
import { CHARTS, KNOBS_CHART, legendFormat, type ChartSpec } from './specs.js';
import { TimeChart } from './time-chart.js';

interface Drawn {
  readonly spec: ChartSpec;
  readonly panel: Panel;
  readonly chart: TimeChart;
}

interface DrawnHistogram {
  readonly spec: HistogramSpec;
  readonly panel: Panel;
  readonly chart: HistogramChart;
}

export class Charts {
  readonly #state: PageState;
  readonly #drawn: Drawn[] = [];
  readonly #bubble = element('div', { class: 'bubble', hidden: '' });
  readonly #histograms: DrawnHistogram[] = [];
  #palette: Palette;
  #marks: readonly Mark[] = [];
  #redraw = 0;

  constructor(state: PageState) {
    this.#state = state;
    this.#palette = readPalette();
  }

  /** Puts the panels into the page: in the order of the specs, `beside` with the histograms, then the knobs. */
  mount(root: HTMLElement, beside: HTMLElement): void {
    for (const spec of CHARTS) this.#add(root, spec);
    root.append(beside);
    for (const spec of HISTOGRAMS) {
      const panel = makePanel(spec.id, spec.title, [{ label: spec.legend, swatch: spec.color }], '');
      root.append(panel.root);
      const chart = new HistogramChart(panel.canvas, () => this.#palette, spec.color);
      this.#histograms.push({ spec, panel, chart });
    }
    this.#add(root, KNOBS_CHART);
  }

  /** Takes over the colours of the theme. */
  restyle(): void {
    this.#palette = readPalette();
    for (const { chart } of this.#histograms) chart.restyle();
    this.update();
  }

  update(): void {
    const state = this.#state;
    this.#marks = marksOf(state.decisions, state.events);
    for (const { spec, panel, chart } of this.#drawn) {
      const isKnown = chart.update(state);
      panel.showEmpty(isKnown ? undefined : state.ring.length === 0 ? 'Waiting for samples' : 'Not known on this host');
      if (spec.id === 'merges') panel.showNote(breaksSentence(state.sample));
    }
    for (const { spec, panel, chart } of this.#histograms) {
      const bars = spec.bars(state);
      panel.showEmpty(chart.update(bars) ? undefined : spec.empty);
      panel.showNote(spec.note(state));
      panel.showValues([count(timed(bars))]);
    }
    this.#showValues();
  }

  /** Figures of the legends: under the pointer, else the newest. */
  #showValues(): void {
    const { ring, hoverMs } = this.#state;
    const index = hoverMs === undefined ? ring.length - 1 : (ring.nearest(hoverMs) ?? -1);
    for (const { spec, panel } of this.#drawn) {
      panel.showValues(spec.series.map((series) => legendFormat(spec, series)(ring.at(series.column, index))));
    }
  }

  #add(root: HTMLElement, spec: ChartSpec): void {
    const legend = spec.series.map(({ label, color, dashed }) => ({
      label,
      swatch: dashed === true ? `${color} dashed` : color,
    }));
    const panel = makePanel(spec.id, spec.title, legend, spec.note ?? '');
    root.append(panel.root);
    const colors = (): Palette => this.#palette;
    const plugins = [hairline(() => this.#state.hoverMs, colors)];
    if (spec.marks === true) plugins.unshift(markLines(() => this.#marks, colors));
    const chart = new TimeChart({ canvas: panel.canvas, spec, palette: colors, plugins });
    this.#drawn.push({ spec, panel, chart });
    if (spec.marks === true) panel.plot.append(this.#bubble);
    panel.canvas.addEventListener('pointermove', (event) => this.#hover(chart, spec, event.offsetX));
    panel.canvas.addEventListener('pointerleave', () => this.#hover(chart, spec, undefined));
  }

  #hover(chart: TimeChart, spec: ChartSpec, pixel: number | undefined): void {
    const { chartArea, scales } = chart.chart;
    const isInside = pixel !== undefined && pixel >= chartArea.left && pixel <= chartArea.right;
    this.#state.hoverMs = isInside ? scales['x']?.getValueForPixel(pixel) : undefined;
    if (spec.marks === true) this.#showMark(chart, isInside ? pixel : undefined);
    cancelAnimationFrame(this.#redraw);
    this.#redraw = requestAnimationFrame(() => {
      for (const drawn of this.#drawn) drawn.chart.chart.draw();
      this.#showValues();
    });
  }

  #showMark(chart: TimeChart, pixel: number | undefined): void {
    const mark = pixel === undefined ? undefined : markAt(chart.chart, this.#marks, pixel);
    this.#bubble.hidden = mark === undefined;
    if (mark === undefined || pixel === undefined) return;
    setText(this.#bubble, `${clock(mark.timeMs)} ${mark.text}`);
    const isLeft = pixel < chart.chart.width / 2;
    this.#bubble.style.left = isLeft ? `${pixel + 10}px` : 'auto';
    this.#bubble.style.right = isLeft ? 'auto' : `${chart.chart.width - pixel + 10}px`;
  }
}
