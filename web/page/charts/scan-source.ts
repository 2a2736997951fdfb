/** Full scans as rows: those of the stream, and before them those of the history. */

import type { EventFrame__Output } from '../../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { ApiError } from '../api.js';
import { Loader } from '../past/loader.js';
import { SCAN_COLUMNS, scanRow, type ScanColumn } from '../scans.js';
import { SeriesRing } from '../series.js';
import { isCatchingUp } from '../state.js';
import type { App } from '../view.js';
import { drawableOf, type Drawable } from './drawable.js';
import type { ChartSource } from './source.js';

interface EventsAnswer {
  readonly events: readonly EventFrame__Output[];
}

/** Scans that the history is asked for; more are too many for a screen. */
const MOST_SCANS = 2_000;
const SLACK_MS = 2_500;

export class ScanSource implements ChartSource {
  readonly #app: App;
  readonly #loader: Loader<EventsAnswer>;
  #past: { readonly of: EventsAnswer; readonly ring: SeriesRing<ScanColumn> } | undefined;

  constructor(app: App) {
    this.#app = app;
    this.#loader = new Loader<EventsAnswer>(app.api, () => app.redraw());
  }

  want(): void {
    const { state, time } = this.#app;
    const { fromMs, toMs } = time;
    const toldFrom = state.ring.oldestMs;
    if (toldFrom === undefined || isCatchingUp(state) || toldFrom <= fromMs + SLACK_MS) this.#loader.rest();
    else {
      const params = { kinds: 'EVENT_KIND_FULL_SCAN', limit: MOST_SCANS };
      this.#loader.want({ path: 'events', params, fromMs, toMs, isLive: time.live });
    }
  }

  /** Scans that ended within the span, the earlier ones first. */
  read(columns: readonly string[], fromMs: number, toMs: number, buckets: number): Drawable {
    const wanted = { columns: columns as readonly ScanColumn[], fromMs, toMs, buckets: buckets * 2 };
    const now = drawableOf(this.#app.state.scans, undefined, wanted);
    const past = this.#pastRing();
    if (past === undefined) return now;
    const seamMs = this.#app.state.scans.oldestMs ?? Infinity;
    const before = drawableOf(past, undefined, { ...wanted, toMs: Math.min(toMs, seamMs) });
    const count = before.times.filter((time) => time < seamMs).length;
    const chain = (a: Drawable['values'], b: Drawable['values']): Drawable['values'] =>
      a.map((values, index) => [...values.slice(0, count), ...(b[index] ?? [])]);
    const values = chain(before.values, now.values);
    return {
      times: [...before.times.slice(0, count), ...now.times],
      values,
      low: values,
      high: values,
      hasBand: false,
    };
  }

  newest(column: string): number | null {
    const { scans } = this.#app.state;
    return scans.at(column as ScanColumn, scans.length - 1);
  }

  get isEmpty(): boolean {
    return this.#app.state.scans.length === 0;
  }

  get oldestMs(): number | undefined {
    return this.#app.state.ring.oldestMs;
  }

  get newestMs(): number | undefined {
    return this.#app.state.ring.newestMs;
  }

  get version(): unknown {
    return this.#loader.answer?.value;
  }

  get isAsking(): boolean {
    return this.#loader.standing.state === 'asking';
  }

  get refusal(): ApiError | undefined {
    const { standing } = this.#loader;
    return standing.state === 'refused' ? standing.error : undefined;
  }

  get problem(): string {
    return '';
  }

  stop(): void {
    this.#loader.stop();
  }

  #pastRing(): SeriesRing<ScanColumn> | undefined {
    const answer = this.#loader.answer?.value;
    if (answer === undefined) return undefined;
    if (this.#past?.of !== answer) {
      const ring = new SeriesRing({ columns: SCAN_COLUMNS, capacity: 2 * MOST_SCANS });
      for (const event of answer.events) {
        const row = scanRow(event);
        if (row !== undefined) ring.push(event.time_ms, row);
      }
      this.#past = { of: answer, ring };
    }
    return this.#past.ring;
  }
}
