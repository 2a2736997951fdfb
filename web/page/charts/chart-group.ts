/** The charts of a view: one range, one cursor, one source, the same marks in all of them. */

import { element, setText } from '../dom.js';
import { moment } from '../format.js';
import { clusterAt, clustersOf, clusterSentence, nextCluster, type Cluster, type Mark } from '../marks.js';
import { shownSpan } from '../scale.js';
import type { App } from '../view.js';
import { APART, hairline, markLane, reachMs, REACH } from './overlays.js';
import { palette, type Palette } from './palette.js';
import { makePanel, type Panel } from './panel.js';
import { KEYS_HELP, listenToPlot } from './plot-input.js';
import type { ChartSource } from './source.js';
import type { ChartSpec } from './spec.js';
import { TimeChart } from './time-chart.js';

interface Drawn {
  readonly spec: ChartSpec;
  readonly panel: Panel;
  readonly chart: TimeChart;
  readonly endDrag: () => void;
}

export interface ChartGroupOptions {
  readonly app: App;
  readonly source: ChartSource;
  /** Oldest first; the same array until something changes. Absent: none. */
  readonly marks?: () => readonly Mark[];
  /** Shows the span that this group shows, so that all charts of a view have one. */
  readonly like?: ChartGroup;
}

/** Most marks that a bubble spells out. */
const SPELT_OUT = 4;

export class ChartGroup {
  readonly #app: App;
  readonly #source: ChartSource;
  readonly #marksNow: () => readonly Mark[];
  readonly #like: ChartGroup | undefined;
  readonly #drawn: Drawn[] = [];
  readonly #bubble = element('div', { class: 'bubble', hidden: '' });
  /** Says to a screen reader what the keyboard's cursor points at. */
  readonly #spoken = element('p', { class: 'unseen', 'aria-live': 'polite' });
  readonly #ends: (() => void)[];
  #clusters: readonly Cluster[] = [];
  #shown: { readonly key: readonly unknown[]; readonly toMs: number; readonly palette: Palette } | undefined;
  #redraw = 0;

  constructor({ app, source, marks = () => [], like }: ChartGroupOptions) {
    this.#app = app;
    this.#source = source;
    this.#marksNow = marks;
    this.#like = like;
    this.#ends = [app.time.listenToCursor(() => this.#followCursor())];
  }

  /** Puts a panel with the chart at the end of `root`. */
  add(root: HTMLElement, spec: ChartSpec): Panel {
    const { time } = this.#app;
    const legend = spec.series.map(({ label, color, dashed }) => ({
      label,
      swatch: dashed === true ? `${color} dashed` : color,
    }));
    const { id, title, note = '', wide } = spec;
    const panel = makePanel({ id, title, legend, note, wide, keys: KEYS_HELP });
    if (this.#drawn.length === 0) root.append(this.#spoken);
    root.append(panel.root);
    const plugins = [
      markLane(
        () => this.#clusters,
        () => time.cursorMs,
        palette,
      ),
      hairline(
        () => time.cursorMs,
        (timeMs) => moment(timeMs, Date.now()),
        palette,
      ),
    ];
    const chart = new TimeChart({ canvas: panel.canvas, spec, plugins });
    const endDrag = listenToPlot({
      plot: panel.plot,
      chart,
      time,
      nextMark: (timeMs, isBack) => nextCluster(this.#clusters, timeMs, isBack),
      onKeyCursor: () => {
        this.#speak(spec, chart);
        this.#showBubble(panel, chart);
      },
    });
    panel.plot.addEventListener('pointermove', () => this.#showBubble(panel, chart));
    for (const leave of ['pointerleave', 'blur']) {
      panel.plot.addEventListener(leave, () => (this.#bubble.hidden = true));
    }
    this.#drawn.push({ spec, panel, chart, endDrag });
    return panel;
  }

  /** What the source cannot show of the range, and why; empty: all is there. */
  get shortage(): string {
    const { refusal, problem } = this.#source;
    if (refusal !== undefined)
      return `The past is not there: ${refusal.message}.${refusal.hint === undefined ? '' : ` ${refusal.hint}`}`;
    return problem;
  }

  update(): void {
    const source = this.#source;
    source.want(this.#drawn.flatMap(({ chart }) => chart.columns));
    const { span } = this;
    if (this.#isShown(span)) {
      this.#showValues();
      return;
    }
    const pixelMs = (span.toMs - span.fromMs) / Math.max(1, this.#drawn[0]?.chart.chart.chartArea.width ?? 1);
    this.#clusters = clustersOf(this.#marksNow(), { ...span, apartMs: APART * pixelMs });
    for (const { panel, chart } of this.#drawn) {
      const drawable = source.read(chart.columns, span.fromMs, span.toMs, chart.buckets);
      const isKnown = chart.update(drawable, span.fromMs, span.toMs);
      panel.showEmpty(isKnown ? undefined : this.#emptyText(drawable.times.length));
      panel.showBusy(source.isAsking);
    }
    this.#showValues();
  }

  /** Ends listeners, questions and charts. */
  unmount(): void {
    cancelAnimationFrame(this.#redraw);
    for (const end of this.#ends) end();
    for (const { chart, endDrag } of this.#drawn) {
      endDrag();
      chart.destroy();
    }
    this.#source.stop();
  }

  /** A live range that is longer than what there is gets shorter, in steps: the first minute of an agent fills the chart. */
  get span(): { readonly fromMs: number; readonly toMs: number } {
    if (this.#like !== undefined) return this.#like.span;
    const { time } = this.#app;
    const { toMs } = time;
    const { oldestMs } = this.#source;
    if (!time.live || oldestMs === undefined || this.#source.isAsking) return { fromMs: time.fromMs, toMs };
    return { fromMs: toMs - shownSpan(toMs - oldestMs, time.spanMs), toMs };
  }

  /** Would drawing again move nothing by a pixel? */
  #isShown({ fromMs, toMs }: { fromMs: number; toMs: number }): boolean {
    const source = this.#source;
    const { version, isAsking, refusal } = source;
    const width = this.#drawn[0]?.chart.chart.width ?? 1;
    const key = [toMs - fromMs, this.#app.time.live, version, isAsking, refusal?.code, this.#marksNow(), width];
    const before = this.#shown;
    const isSame = before?.palette === palette() && key.every((part, index) => part === before.key[index]);
    const moved = Math.abs(toMs - (before?.toMs ?? -Infinity));
    const isStill = this.#app.time.live ? moved < (toMs - fromMs) / width : moved === 0;
    // A fixed range that reaches into the ring still fills while it is looked at.
    const grows = !this.#app.time.live && (source.newestMs ?? 0) < toMs;
    if (isSame && isStill && !grows) return true;
    this.#shown = { key, toMs, palette: palette() };
    return false;
  }

  #emptyText(rows: number): string {
    const { isAsking, isEmpty } = this.#source;
    if (isAsking) return 'Asking for the past …';
    if (isEmpty && rows === 0 && this.shortage === '') return 'Waiting for samples';
    if (rows === 0) return this.shortage === '' ? 'Nothing is kept of this time' : this.shortage;
    return 'Not known in this time';
  }

  /** Figures of the legends: at the cursor, else the newest. */
  #showValues(): void {
    for (const { spec, panel, chart } of this.#drawn) panel.showValues(this.#figures(spec, chart));
  }

  #figures(spec: ChartSpec, chart: TimeChart): readonly string[] {
    const { cursorMs, live } = this.#app.time;
    const source = this.#source;
    const values = cursorMs !== undefined ? chart.valuesAt(cursorMs) : chart.newestValues();
    return spec.series.map((series, index) => {
      const axis = series.lower === true ? (spec.lower ?? spec.axis) : spec.axis;
      const isNow = cursorMs === undefined && live && typeof series.column === 'string';
      const value = isNow && !source.isEmpty ? source.newest(series.column) : values[index];
      return (series.format ?? axis.format)(value ?? null);
    });
  }

  #followCursor(): void {
    cancelAnimationFrame(this.#redraw);
    this.#redraw = requestAnimationFrame(() => {
      for (const { chart } of this.#drawn) chart.chart.draw();
      this.#showValues();
    });
  }

  #speak(spec: ChartSpec, chart: TimeChart): void {
    const { cursorMs } = this.#app.time;
    if (cursorMs === undefined) return;
    const figures = this.#figures(spec, chart);
    const said = spec.series.map(({ label }, index) => `${label} ${figures[index] ?? ''}`);
    const cluster = clusterAt(this.#clusters, cursorMs, reachMs(chart.chart, REACH));
    setText(
      this.#spoken,
      [moment(cursorMs, Date.now()), ...said, ...(cluster?.marks.map(({ text }) => text) ?? [])].join(', '),
    );
  }

  #showBubble(panel: Panel, chart: TimeChart): void {
    const { cursorMs } = this.#app.time;
    const cluster =
      cursorMs === undefined ? undefined : clusterAt(this.#clusters, cursorMs, reachMs(chart.chart, REACH));
    this.#bubble.hidden = cluster === undefined;
    if (cluster === undefined || cursorMs === undefined) return;
    if (this.#bubble.parentElement !== panel.plot) panel.plot.append(this.#bubble);
    const lines = cluster.marks.slice(-SPELT_OUT).map(({ timeMs, text }) => `${moment(timeMs, Date.now())} ${text}`);
    if (cluster.marks.length > SPELT_OUT) lines.unshift(`${clusterSentence(cluster)}; the last of them:`);
    setText(this.#bubble, lines.join('\n'));
    const pixel = chart.chart.scales['x']?.getPixelForValue(cursorMs) ?? 0;
    const isLeft = pixel < chart.chart.width / 2;
    this.#bubble.style.left = isLeft ? `${pixel + 10}px` : 'auto';
    this.#bubble.style.right = isLeft ? 'auto' : `${chart.chart.width - pixel + 10}px`;
  }
}
