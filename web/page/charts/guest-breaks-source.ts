/** COW breaks a second by guest and for the rest of the host: those that the page saw, and before them those of the history. */

import type { ApiError } from '../api.js';
import { blockOf, type Block, type HistoryAnswer } from '../past/block.js';
import { Loader } from '../past/loader.js';
import type { App } from '../view.js';
import { nearestRow, type Drawable } from './drawable.js';
import type { ChartSource } from './source.js';

/** The column of what none of the other columns has. */
export const REST = 'rest';

const FIELD = 'cow_breaks_per_sec';
const POINTS = 400;
const SLACK_MS = 2_500;

type Values = readonly (number | null)[];

export class GuestBreaksSource implements ChartSource {
  readonly #app: App;
  readonly #identityOf: (key: string) => string | undefined;
  /** By column. */
  readonly #loaders = new Map<string, Loader<HistoryAnswer>>();
  readonly #blocks = new WeakMap<HistoryAnswer, Block>();

  /** @param identityOf what the history of a guest is kept under */
  constructor(app: App, identityOf: (key: string) => string | undefined) {
    this.#app = app;
    this.#identityOf = identityOf;
  }

  want(columns: readonly string[]): void {
    const { time } = this.#app;
    const { fromMs, toMs } = time;
    const isHeld = (this.oldestMs ?? Infinity) <= fromMs + SLACK_MS;
    for (const column of columns) {
      const guest = column === REST ? undefined : this.#identityOf(column);
      if (isHeld || this.isEmpty || (guest === undefined && column !== REST)) {
        this.#loaders.get(column)?.rest();
        continue;
      }
      const loader = this.#loaders.get(column) ?? new Loader<HistoryAnswer>(this.#app.api, () => this.#app.redraw());
      this.#loaders.set(column, loader);
      loader.want({
        path: 'history',
        params: { points: POINTS, fields: FIELD, guest },
        fromMs,
        toMs,
        isLive: time.live,
      });
    }
  }

  read(columns: readonly string[], fromMs: number, toMs: number, buckets: number): Drawable {
    const before = this.#past(columns, fromMs, Math.min(toMs, this.oldestMs ?? Infinity));
    const now = this.#seen(columns, fromMs, toMs, buckets);
    const values = columns.map((_, index) => [...(before.values[index] ?? []), ...(now.values[index] ?? [])]);
    return { times: [...before.times, ...now.times], values, low: values, high: values, hasBand: false };
  }

  newest(column: string): number | null {
    const { guestBreaks } = this.#app.state;
    const last = guestBreaks.length - 1;
    if (column !== REST) return guestBreaks.at(column, last);
    const columns = [...this.#loaders.keys(), REST];
    return this.#seen(columns, guestBreaks.timeAt(last), Infinity, 1).values.at(-1)?.at(-1) ?? null;
  }

  get isEmpty(): boolean {
    return this.#app.state.guestBreaks.length === 0;
  }

  get oldestMs(): number | undefined {
    return this.isEmpty ? undefined : this.#app.state.guestBreaks.timeAt(0);
  }

  get newestMs(): number | undefined {
    const { guestBreaks } = this.#app.state;
    return this.isEmpty ? undefined : guestBreaks.timeAt(guestBreaks.length - 1);
  }

  get version(): unknown {
    return [...this.#loaders.values()].filter(({ answer }) => answer !== undefined).length;
  }

  get isAsking(): boolean {
    return [...this.#loaders.values()].some(({ standing }) => standing.state === 'asking');
  }

  /** That the host's own past is not there; a guest may be too young for one. */
  get refusal(): ApiError | undefined {
    const standing = this.#loaders.get(REST)?.standing;
    return standing?.state === 'refused' ? standing.error : undefined;
  }

  get problem(): string {
    return '';
  }

  stop(): void {
    for (const loader of this.#loaders.values()) loader.stop();
  }

  #seen(
    columns: readonly string[],
    fromMs: number,
    toMs: number,
    buckets: number,
  ): { times: number[]; values: Values[] } {
    const { guestBreaks } = this.#app.state;
    const first = guestBreaks.indexFrom(fromMs);
    const end = guestBreaks.indexFrom(toMs + 1);
    const step = Math.max(1, Math.ceil((end - first) / (2 * buckets)));
    const times: number[] = [];
    const parts: (number | null)[][] = columns.map(() => []);
    for (let index = first; index < end; index += 1) {
      // Each step-th instant, counted from the epoch of the ring's clock, so that the picture does not shimmer.
      if (step > 1 && Math.floor(guestBreaks.timeAt(index) / 1_000) % step !== 0) continue;
      times.push(guestBreaks.timeAt(index));
      const row = columns.map((column) => (column === REST ? null : guestBreaks.at(column, index)));
      const total = guestBreaks.totalAt(index);
      columns.forEach((column, at) => parts[at]?.push(column === REST ? restOf(total, row) : (row[at] ?? null)));
    }
    return { times, values: parts };
  }

  #past(columns: readonly string[], fromMs: number, toMs: number): { times: readonly number[]; values: Values[] } {
    const total = this.#block(REST);
    if (total === undefined) return { times: [], values: columns.map(() => []) };
    const rows = total.times.map((time, row) => ({ time, row })).filter(({ time }) => time >= fromMs && time < toMs);
    const totals = total.columns.get(FIELD)?.mean ?? [];
    const blocks = columns.map((column) => (column === REST ? undefined : this.#block(column)));
    const table = rows.map(({ time, row }) => {
      const values = blocks.map((block) => (block === undefined ? null : nearest(block, time)));
      return columns.map((column, at) =>
        column === REST ? restOf(totals[row] ?? null, values) : (values[at] ?? null),
      );
    });
    return { times: rows.map(({ time }) => time), values: columns.map((_, at) => table.map((row) => row[at] ?? null)) };
  }

  #block(column: string): Block | undefined {
    const answer = this.#loaders.get(column)?.answer;
    if (answer === undefined) return undefined;
    const { value, question } = answer;
    const known = this.#blocks.get(value);
    if (known !== undefined) return known;
    const block = blockOf(value, question.fromMs, question.toMs);
    this.#blocks.set(value, block);
    return block;
  }
}

/** What the parts leave of the whole; null where the whole is not known. Parts are of another instant: never below 0. */
function restOf(total: number | null, parts: Values): number | null {
  if (total === null) return null;
  return Math.max(0, total - parts.reduce<number>((sum, part) => sum + (part ?? 0), 0));
}

function nearest(block: Block, timeMs: number): number | null {
  const row = nearestRow(block.times, timeMs, block.resolutionMs);
  return row === undefined ? null : (block.columns.get(FIELD)?.mean[row] ?? null);
}
