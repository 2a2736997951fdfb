/**
 * What each guest saved since this page was opened, and shortly before where a history tells, for the small curves of the guest
 * table. Pure. Bounded: when the grid
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
/** What is put before the first list: a quarter of an hour. */
const SEED_STEP_MS = 16_000;
const SEED_POINTS = 56;

export class SavedPast {
  #stepMs = FIRST_STEP_MS;
  #times: number[] = [];
  #isSeeded = false;
  #hasHistory = false;
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

  /** Times to seed, before the oldest point, oldest first. Empty: no list came yet, it was seeded, or there is enough without. */
  get seedTimes(): readonly number[] {
    const [oldest] = this.#times;
    if (oldest === undefined || this.#isSeeded || this.spanMs > (SEED_POINTS * SEED_STEP_MS) / 2) return [];
    return Array.from({ length: SEED_POINTS }, (_, place) => oldest - (SEED_POINTS - place) * SEED_STEP_MS);
  }

  /**
   * Puts what was saved at `times`, which `seedTimes` gave, before the points that came since, which get as far apart.
   *
   * @param curves by key: bytes at each of the times, NaN where not known
   */
  seed(times: readonly number[], curves: ReadonlyMap<string, readonly number[]>): void {
    if (times.length === 0 || times[0] !== this.seedTimes[0]) return;
    this.#isSeeded = true;
    const first = times.findIndex((_, place) =>
      [...curves.values()].some((curve) => !Number.isNaN(curve[place] ?? NaN)),
    );
    if (first < 0) return;
    this.#hasHistory = true;
    const kept: number[] = [];
    this.#times.forEach((timeMs, place) => {
      const last = this.#times[kept.at(-1) ?? -1] ?? -Infinity;
      if (timeMs - last >= SEED_STEP_MS) kept.push(place);
    });
    this.#stepMs = SEED_STEP_MS;
    this.#times = [...times.slice(first), ...kept.map((place) => this.#times[place] ?? NaN)];
    for (const [key, curve] of this.#curves) {
      const before = times.slice(first).map((_, place) => curves.get(key)?.[first + place] ?? NaN);
      const since = kept.map((place) => curve[place] ?? NaN);
      curve.fill(NaN).set([...before, ...since]);
    }
  }

  /** Did a history tell what was before? Then it tells more of each guest than these curves do. */
  get hasHistory(): boolean {
    return this.#hasHistory;
  }

  /** For another agent, whose guests are others. */
  clear(): void {
    this.#times = [];
    this.#stepMs = FIRST_STEP_MS;
    this.#isSeeded = false;
    this.#hasHistory = false;
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
