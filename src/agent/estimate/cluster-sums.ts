import type { Evidence } from './interval.js';

/**
 * Sums of several figures over contents, cluster by cluster: contents that were selected by equal words of theirs were
 * selected or left out together, so for chance they are one.
 */
export class ClusterSums {
  readonly #figures: number;
  readonly #certain: Float64Array;
  readonly #clusters = new Map<number, Float64Array>();

  /** @param figures how many */
  constructor(figures: number) {
    this.#figures = figures;
    this.#certain = new Float64Array(figures);
  }

  /** @param cluster undefined for a content that was not left to chance */
  add(cluster: number | undefined, values: readonly number[]): void {
    let sums = this.#certain;
    if (cluster !== undefined) {
      if (values.every((value) => value === 0)) return;
      const known = this.#clusters.get(cluster);
      sums = known ?? new Float64Array(this.#figures);
      if (known === undefined) this.#clusters.set(cluster, sums);
    }
    values.forEach((value, figure) => (sums[figure] = (sums[figure] ?? 0) + value));
  }

  evidence(figure: number): Evidence {
    let [sum, squares, largest] = [0, 0, 0];
    for (const sums of this.#clusters.values()) {
      const value = sums[figure] ?? 0;
      sum += value;
      squares += value ** 2;
      largest = Math.max(largest, value);
    }
    return { certain: this.#certain[figure] ?? 0, sum, squares, largest };
  }
}
