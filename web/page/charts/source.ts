/** Where a group of charts has its rows from: a ring that fills while the page is open, and the history before it. */

import type { ApiError } from '../api.js';
import { blockOf, type Block, type HistoryAnswer } from '../past/block.js';
import { Loader } from '../past/loader.js';
import type { SeriesRing } from '../series.js';
import { isCatchingUp } from '../state.js';
import type { App } from '../view.js';
import { drawableOf, type Drawable } from './drawable.js';

/** Rows that one answer is asked for: for a chart over half of a wide screen. */
const POINTS = 800;
/** Agents keep so much in memory that the page may ask for; then what it draws becomes slow. Seconds. */
const MOST_LOOK_BACK_SEC = 6 * 3_600;
/** The oldest row of a ring may be so much younger than asked for: sampling takes its time. */
const SLACK_MS = 2_500;

/** What a group of charts draws from. */
export interface ChartSource {
  /** Asks for what of the page's range is not held; called at each update. */
  want(columns: readonly string[]): void;
  /** Rows of `columns`, in their order; a column that is not known is one of gaps. */
  read(columns: readonly string[], fromMs: number, toMs: number, buckets: number): Drawable;
  /** Of the newest row; null where it is not known. */
  newest(column: string): number | null;
  readonly isEmpty: boolean;
  /** Where what can be shown begins and ends; undefined: not known. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
  /** Another value after each answer from the past. */
  readonly version: unknown;
  readonly isAsking: boolean;
  /** Why the past does not answer; undefined: it does, or was not asked. */
  readonly refusal: ApiError | undefined;
  /** What is wrong with the past that is there; empty: nothing. */
  readonly problem: string;
  stop(): void;
}

export interface RingSourceOptions<C extends string> {
  readonly app: App;
  readonly ring: SeriesRing<C>;
  /** `identity` of a guest, whose history it is; absent: the host's. */
  readonly guest?: string;
}

/** The page's own ring, and the history of the host or of one guest before it. */
export class RingSource<C extends string = string> implements ChartSource {
  readonly #app: App;
  readonly ring: SeriesRing<C>;
  readonly #guest: string | undefined;
  readonly #loader: Loader<HistoryAnswer>;
  #block: { readonly of: HistoryAnswer; readonly block: Block } | undefined;

  constructor({ app, ring, guest }: RingSourceOptions<C>) {
    this.#app = app;
    this.ring = ring;
    this.#guest = guest;
    this.#loader = new Loader<HistoryAnswer>(app.api, () => app.redraw());
  }

  want(columns: readonly string[]): void {
    const { time } = this.#app;
    const { fromMs, toMs } = time;
    const heldFrom = this.ring.oldestMs ?? Infinity;
    if (heldFrom <= fromMs + SLACK_MS || (time.live && this.#isYoung())) {
      this.#loader.rest();
      return;
    }
    this.#loader.want({
      path: 'history',
      params: { points: POINTS, fields: [...new Set(columns)].sort().join(','), guest: this.#guest },
      fromMs,
      toMs,
      isLive: time.live,
    });
    const refused = this.refusal;
    if (refused?.isAbsence === true && this.#guest === undefined) {
      this.#app.lookBack(Math.min(MOST_LOOK_BACK_SEC, Math.ceil((this.#app.nowMs - fromMs) / 1_000)));
    }
  }

  get isEmpty(): boolean {
    return this.ring.length === 0;
  }

  get newestMs(): number | undefined {
    return this.ring.newestMs;
  }

  get version(): unknown {
    return this.#history;
  }

  get problem(): string {
    return this.#history?.problem ?? '';
  }

  newest(column: string): number | null {
    return this.ring.at(column as C, this.ring.length - 1);
  }

  get #history(): Block | undefined {
    const answer = this.#loader.answer;
    if (answer === undefined) return undefined;
    if (this.#block?.of !== answer.value) {
      const { fromMs, toMs } = answer.question;
      this.#block = { of: answer.value, block: blockOf(answer.value, fromMs, toMs) };
    }
    return this.#block.block;
  }

  get isAsking(): boolean {
    return this.#loader.standing.state === 'asking';
  }

  get refusal(): ApiError | undefined {
    const { standing } = this.#loader;
    return standing.state === 'refused' ? standing.error : undefined;
  }

  get oldestMs(): number | undefined {
    const held = this.ring.oldestMs;
    if (this.refusal !== undefined) return held;
    const past = this.#history?.oldestMs;
    return past === undefined || held === undefined ? (past ?? undefined) : Math.min(past, held);
  }

  read(columns: readonly string[], fromMs: number, toMs: number, buckets: number): Drawable {
    // A column that the ring does not have is read as unknown there.
    return drawableOf(this.ring, this.#history, { columns: columns as readonly C[], fromMs, toMs, buckets });
  }

  stop(): void {
    this.#loader.stop();
  }

  /** What is not there yet may still come. */
  #isYoung(): boolean {
    return this.#guest === undefined && (this.isEmpty || isCatchingUp(this.#app.state));
  }
}
