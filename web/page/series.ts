/** Samples over time, as columns of a ring. Pure. */

/** Numbers by column; a column left out, undefined or null is a gap in that series. */
export type Row<C extends string> = Readonly<Partial<Record<C, number | null | undefined>>>;

/** A sampling pause of less than this is jitter, whatever the interval. Milliseconds. */
const LEAST_GAP_MS = 3_000;
/** A pause of more than so many usual intervals is a gap. */
const GAP_INTERVALS = 2.5;
/** The clock was set back, rather than a frame sent again. Milliseconds. */
const CLOCK_BACK_MS = 2_000;
/** Intervals of which the median counts as usual. */
const RECENT = 9;

/**
 * The newest `capacity` samples. Times rise strictly. Where sampling paused, a row of gaps is put in, so that a line
 * drawn through the points breaks there.
 */
export class SeriesRing<C extends string> {
  readonly columns: readonly C[];
  readonly capacity: number;
  readonly #times: Float64Array;
  readonly #values: ReadonlyMap<C, Float64Array>;
  #start = 0;
  #length = 0;
  #intervals: number[] = [];

  constructor({ columns, capacity }: { columns: readonly C[]; capacity: number }) {
    this.columns = columns;
    this.capacity = capacity;
    this.#times = new Float64Array(capacity);
    this.#values = new Map(columns.map((column) => [column, new Float64Array(capacity)]));
  }

  get length(): number {
    return this.#length;
  }

  /** Milliseconds since the epoch; undefined when empty. */
  get newestMs(): number | undefined {
    return this.#length === 0 ? undefined : this.timeAt(this.#length - 1);
  }

  get oldestMs(): number | undefined {
    return this.#length === 0 ? undefined : this.timeAt(0);
  }

  /** Time of the row at `index`, 0 being the oldest; NaN outside. */
  timeAt(index: number): number {
    return this.#times[this.#slot(index)] ?? NaN;
  }

  /** null where the series has a gap, or outside. */
  at(column: C, index: number): number | null {
    const value = this.#values.get(column)?.[this.#slot(index)] ?? NaN;
    return Number.isNaN(value) ? null : value;
  }

  /**
   * Adds a sample. One that is not newer than the newest was sent twice and is left out, unless the clock was set back:
   * then the ring starts anew. Returns whether the sample was taken.
   */
  push(timeMs: number, row: Row<C>): boolean {
    const newest = this.newestMs;
    if (newest !== undefined && timeMs <= newest) {
      if (timeMs > newest - CLOCK_BACK_MS) return false;
      this.clear();
    }
    const last = this.newestMs;
    if (last !== undefined) {
      if (timeMs - last > this.#gapMs()) this.#append(last + 1, undefined);
      this.#intervals = [...this.#intervals.slice(1 - RECENT), timeMs - last];
    }
    this.#append(timeMs, row);
    return true;
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
    this.#intervals = [];
  }

  /** Index of the first row at or after `timeMs`; `length` where there is none. */
  indexFrom(timeMs: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the row nearest in time; undefined when empty. */
  nearest(timeMs: number): number | undefined {
    if (this.#length === 0) return undefined;
    const after = Math.min(this.indexFrom(timeMs), this.#length - 1);
    const before = Math.max(after - 1, 0);
    return timeMs - this.timeAt(before) < this.timeAt(after) - timeMs ? before : after;
  }

  #gapMs(): number {
    const sorted = [...this.#intervals].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? LEAST_GAP_MS;
    return Math.max(LEAST_GAP_MS, GAP_INTERVALS * median);
  }

  #append(timeMs: number, row: Row<C> | undefined): void {
    if (this.#length === this.capacity) this.#start = (this.#start + 1) % this.capacity;
    else this.#length += 1;
    const slot = this.#slot(this.#length - 1);
    this.#times[slot] = timeMs;
    for (const [column, values] of this.#values) values[slot] = row?.[column] ?? NaN;
  }

  #slot(index: number): number {
    return index < 0 || index >= this.#length ? -1 : (this.#start + index) % this.capacity;
  }
}
