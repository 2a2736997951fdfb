/** A histogram with its frame. */

import { count } from '../format.js';
import { timed, type Bar } from '../histogram.js';
import type { PageState } from '../state.js';
import { HistogramChart } from './histogram-chart.js';
import { palette, type Color } from './palette.js';
import { makePanel, type Panel } from './panel.js';

/** What a histogram shows, from all that the page knows. */
export interface HistogramSpec {
  readonly id: string;
  readonly title: string;
  readonly legend: string;
  readonly color: Color;
  /** Where there are no bars. */
  readonly empty: string;
  readonly bars: (state: PageState) => readonly Bar[];
  readonly note: (state: PageState) => string;
  /** Two columns of the grid. */
  readonly wide?: true;
}

export class HistogramPanel {
  readonly #spec: HistogramSpec;
  readonly #panel: Panel;
  readonly #chart: HistogramChart;
  #palette = palette();

  constructor(root: HTMLElement, spec: HistogramSpec) {
    const { id, title, legend, color, wide } = spec;
    this.#spec = spec;
    this.#panel = makePanel({ id, title, legend: [{ label: legend, swatch: color }], note: '', wide });
    root.append(this.#panel.root);
    this.#chart = new HistogramChart(this.#panel.canvas, color);
  }

  update(state: PageState): void {
    const bars = this.#spec.bars(state);
    const isKnown = this.#chart.update(bars);
    this.#panel.showEmpty(isKnown ? undefined : this.#spec.empty);
    this.#panel.showNote(this.#spec.note(state));
    this.#panel.showValues([count(timed(bars))]);
    if (this.#palette === palette()) return;
    this.#palette = palette();
    this.#chart.restyle();
  }

  unmount(): void {
    this.#chart.destroy();
  }
}
