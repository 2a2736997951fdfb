/** All charts of the page: made once, drawn together, with one pointer over all of them. */

import { element, setText } from '../dom.js';
import { clock, count } from '../format.js';
import { lifetimeSentence, timedMerges } from '../histogram.js';
import type { PageState } from '../state.js';
import { marksOf, type Mark } from '../timeline.js';
import { breaksSentence } from '../worth.js';
import { LifetimeChart } from './lifetime-chart.js';
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

export class Charts {
  readonly #state: PageState;
  readonly #drawn: Drawn[] = [];
  readonly #bubble = element('div', { class: 'bubble', hidden: '' });
  #lifetime: { panel: Panel; chart: LifetimeChart } | undefined;
  #palette: Palette;
  #marks: readonly Mark[] = [];
  #redraw = 0;

  constructor(state: PageState) {
    this.#state = state;
    this.#palette = readPalette();
  }

  /** Puts the panels into the page, in the order of the specs, the lifetimes before the knobs. */
  mount(root: HTMLElement): void {
    for (const spec of CHARTS) this.#add(root, spec);
    const panel = makePanel('lifetime', 'Merge lifetime', [{ label: 'merges that ended', swatch: 'purple' }], '');
    root.append(panel.root);
    this.#lifetime = { panel, chart: new LifetimeChart(panel.canvas, () => this.#palette) };
    this.#add(root, KNOBS_CHART);
  }

  /** Takes over the colours of the theme. */
  restyle(): void {
    this.#palette = readPalette();
    this.#lifetime?.chart.restyle();
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
    if (this.#lifetime !== undefined) {
      const { panel, chart } = this.#lifetime;
      panel.showEmpty(chart.update(state.lifetime) ? undefined : 'No lifetime measured yet');
      panel.showNote(lifetimeSentence(state.lifetime, state.sample?.lifetime_sampled_one_in));
      panel.showValues([count(timedMerges(state.lifetime))]);
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
