/**
 * What each guest saved since this page was opened, for the small curves of the guest table. Pure. Bounded: when the grid
 * of times is full, every second one goes and the steps become twice as long, so that the curve always spans all of it.
 */

import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';

/** Points of a curve at most; half of it right after a thinning. */
export const MAX_POINTS = 96;
/** Guests that have a curve; more are listed without. */
export const MAX_CURVES = 4_096;
/** Shortest time between two points, milliseconds. */
const FIRST_STEP_MS = 1_000;
/** From this step on the oldest points go instead: 96 points of 4 min 16 s span almost seven hours. */
const LONGEST_STEP_MS = 256_000;

export class SavedPast {
  #stepMs = FIRST_STEP_MS;
  #times: number[] = [];
  readonly #curves = new Map<string, Float32Array>();

  /** Takes a list as it comes; one that comes before the next step is due changes nothing. */
  push({ time_ms: timeMs, guests }: GuestList__Output): void {
    const newest = this.#times.at(-1);
    if (newest !== undefined && timeMs < newest) this.clear();
    if (newest !== undefined && timeMs >= newest && timeMs - newest < this.#stepMs) return;
    if (this.#times.length === MAX_POINTS) this.#makeRoom();
    const place = this.#times.length;
    this.#times.push(timeMs);
    const seen = new Set<string>();
    for (const { key, saved_bytes: saved } of guests) {
      seen.add(key);
      const curve = this.#curves.get(key) ?? this.#newCurve(key);
      if (curve !== undefined) curve[place] = saved ?? NaN;
    }
    for (const key of this.#curves.keys()) if (!seen.has(key)) this.#curves.delete(key);
  }

  /** Bytes, oldest first, as many as there are times; NaN where not known. Empty for a guest without a curve. */
  of(key: string): Float32Array {
    return this.#curves.get(key)?.subarray(0, this.#times.length) ?? new Float32Array();
  }

  /** Of the points, oldest first; milliseconds since the epoch. */
  get times(): readonly number[] {
    return this.#times;
  }

  /** From the oldest point to the newest, milliseconds. */
  get spanMs(): number {
    return (this.#times.at(-1) ?? 0) - (this.#times[0] ?? 0);
  }

  /** For another agent, whose guests are others. */
  clear(): void {
    this.#times = [];
    this.#stepMs = FIRST_STEP_MS;
    this.#curves.clear();
  }

  #newCurve(key: string): Float32Array | undefined {
    if (this.#curves.size >= MAX_CURVES) return undefined;
    const curve = new Float32Array(MAX_POINTS).fill(NaN);
    this.#curves.set(key, curve);
    return curve;
  }

  #makeRoom(): void {
    const isLongest = this.#stepMs >= LONGEST_STEP_MS;
    const kept = (place: number): boolean => (isLongest ? place > 0 : place % 2 === 0);
    this.#times = this.#times.filter((_, place) => kept(place));
    if (!isLongest) this.#stepMs *= 2;
    for (const curve of this.#curves.values()) {
      const values = curve.filter((_, place) => kept(place));
      curve.fill(NaN).set(values);
    }
  }
}
