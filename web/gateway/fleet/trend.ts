/** The last while of one figure, thinned to what a line as small as a word can show. Pure. */

export interface TrendOptions {
  readonly points: number;
  readonly spanMs: number;
}

export class Trend {
  readonly #slotMs: number;
  readonly #points: number;
  /** Newest last; one a slot, the last that was heard. */
  #slots: (readonly [slot: number, value: number])[] = [];

  constructor({ points, spanMs }: TrendOptions) {
    this.#points = points;
    this.#slotMs = spanMs / points;
  }

  /** A time or value that is not known leaves a gap. Times that go back begin anew. */
  push(timeMs: number | undefined, value: number | undefined): void {
    if (timeMs === undefined || value === undefined || !Number.isFinite(value)) return;
    const slot = Math.floor(timeMs / this.#slotMs);
    const last = this.#slots.at(-1)?.[0];
    if (last !== undefined && slot < last - 1) this.#slots = [];
    if (last !== undefined && slot <= last) this.#slots.pop();
    this.#slots.push([slot, value]);
    this.#cut();
  }

  /** Points from before the first that was heard here, ascending. */
  seed(points: readonly (readonly [timeMs: number, value: number | undefined])[]): void {
    const heard = this.#slots;
    this.#slots = [];
    for (const [timeMs, value] of points) this.push(timeMs, value);
    const first = heard[0]?.[0] ?? Infinity;
    this.#slots = [...this.#slots.filter(([slot]) => slot < first), ...heard];
    this.#cut();
  }

  /** Evenly spaced over the whole span, newest last, null where nothing is known; empty where nothing is at all. */
  values(): (number | null)[] {
    const last = this.#slots.at(-1)?.[0];
    if (last === undefined) return [];
    const known = new Map(this.#slots);
    return Array.from({ length: this.#points }, (_, index) => known.get(last - this.#points + 1 + index) ?? null);
  }

  #cut(): void {
    const last = this.#slots.at(-1)?.[0] ?? 0;
    this.#slots = this.#slots.filter(([slot]) => slot > last - this.#points);
  }
}
