/**
 * COW breaks a second of each guest since the page was opened. Pure. Bounded: so many instants, and so many guests; a guest that
 * is gone for as long as the instants reach is forgotten.
 */

import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';

/** Instants that are kept: half an hour at one a second. */
export const MAX_INSTANTS = 1_800;
/** Guests that have a curve; of more, those that come later count among the rest. */
export const MAX_GUESTS = 512;

interface Curve {
  name: string;
  readonly values: Float32Array;
}

export class GuestBreaks {
  readonly #times = new Float64Array(MAX_INSTANTS);
  readonly #totals = new Float32Array(MAX_INSTANTS);
  readonly #curves = new Map<string, Curve>();
  #start = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Milliseconds since the epoch, oldest 0; NaN outside. */
  timeAt(index: number): number {
    return index < 0 || index >= this.#length ? NaN : (this.#times[this.#slot(index)] ?? NaN);
  }

  /**
   * Takes a list; one that is not newer than the newest is left out.
   *
   * @param total breaks a second of the whole host; undefined: not known
   */
  push({ time_ms: timeMs, guests }: GuestList__Output, total: number | undefined): void {
    const newest = this.timeAt(this.#length - 1);
    if (timeMs === 0 || timeMs <= newest) {
      // Set back by more than a late list: another clock.
      if (timeMs === 0 || newest - timeMs < 2_000) return;
      this.clear();
    }
    const slot = this.#next();
    this.#times[slot] = timeMs;
    this.#totals[slot] = total ?? NaN;
    for (const { values } of this.#curves.values()) values[slot] = NaN;
    for (const { key, name, cow_breaks_per_sec: rate } of guests) {
      const curve = this.#curves.get(key) ?? this.#newCurve(key, name);
      if (curve === undefined) continue;
      curve.name = name;
      curve.values[slot] = rate ?? NaN;
    }
    if (slot === 0) this.#forgetEmpty();
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
    this.#curves.clear();
  }

  /** Breaks a second; null where not known. */
  at(key: string, index: number): number | null {
    const value = this.#curves.get(key)?.values[this.#slot(index)] ?? NaN;
    return Number.isNaN(value) ? null : value;
  }

  totalAt(index: number): number | null {
    const value = this.#totals[this.#slot(index)] ?? NaN;
    return Number.isNaN(value) ? null : value;
  }

  nameOf(key: string): string {
    return this.#curves.get(key)?.name ?? key;
  }

  /** Index of the first instant at or after `timeMs`; `length` where there is none. */
  indexFrom(timeMs: number): number {
    let index = 0;
    while (index < this.#length && this.timeAt(index) < timeMs) index += 1;
    return index;
  }

  /** Keys of the guests with most breaks from `fromMs` to `toMs`, most first; those without any are left out. */
  top(most: number, fromMs: number, toMs: number): readonly string[] {
    const first = this.indexFrom(fromMs);
    const end = this.indexFrom(toMs + 1);
    const sums: { key: string; sum: number }[] = [];
    for (const [key, { values }] of this.#curves) {
      let sum = 0;
      for (let index = first; index < end; index += 1) {
        const value = values[this.#slot(index)] ?? NaN;
        if (!Number.isNaN(value)) sum += value;
      }
      if (sum > 0) sums.push({ key, sum });
    }
    return sums
      .sort((a, b) => b.sum - a.sum || (a.key < b.key ? -1 : 1))
      .slice(0, most)
      .map(({ key }) => key);
  }

  #slot(index: number): number {
    return (this.#start + index) % MAX_INSTANTS;
  }

  #next(): number {
    if (this.#length === MAX_INSTANTS) this.#start = (this.#start + 1) % MAX_INSTANTS;
    else this.#length += 1;
    return this.#slot(this.#length - 1);
  }

  #newCurve(key: string, name: string): Curve | undefined {
    if (this.#curves.size >= MAX_GUESTS) return undefined;
    const curve = { name, values: new Float32Array(MAX_INSTANTS).fill(NaN) };
    this.#curves.set(key, curve);
    return curve;
  }

  #forgetEmpty(): void {
    for (const [key, { values }] of this.#curves) if (values.every(Number.isNaN)) this.#curves.delete(key);
  }
}
