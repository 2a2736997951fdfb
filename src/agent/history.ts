import type { Point } from './model/derived.js';
import { Ring } from './store/ring.js';

/**
 * The points of the last while. Only the newest point keeps its process rows: an hour of rows of a thousand guests
 * would take more memory than many a guest.
 */
export class History {
  readonly #ring: Ring<Point>;
  readonly #listeners = new Set<(point: Point) => void>();
  #latest: Point | undefined;

  constructor(options: { readonly historySec: number; readonly intervalMs: number }) {
    this.#ring = new Ring(Math.max(2, Math.ceil((options.historySec * 1000) / options.intervalMs)));
  }

  get latest(): Point | undefined {
    return this.#latest;
  }

  add(point: Point): void {
    if (this.#latest !== undefined) this.#ring.push(withoutProcesses(this.#latest));
    this.#latest = point;
    for (const listener of this.#listeners) listener(point);
  }

  /** Points at or after `sinceMs` (wall clock), oldest first. */
  since(sinceMs: number): readonly Point[] {
    const older = this.#ring.since((point) => point.sample.timeMs >= sinceMs);
    return this.#latest !== undefined && this.#latest.sample.timeMs >= sinceMs ? [...older, this.#latest] : older;
  }

  /** Returns the unsubscribe function. */
  listen(listener: (point: Point) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function withoutProcesses(point: Point): Point {
  return {
    sample: { ...point.sample, processes: [] },
    probes: { ...point.probes, processes: [] },
    derived: { ...point.derived, processes: [] },
  };
}
