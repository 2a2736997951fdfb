/** Figures over a span, from the points of the history. Pure. */

import type { HistoryAnswer, HistoryColumn } from '../../agent/model/past.js';

/** A sample stands for the time to the next, but no longer than so many usual steps: beyond, nothing was sampled. */
const GAP_STEPS = 2.5;

const MINUTE_MS = 60_000;

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Peak {
  readonly value: number;
  /** Start of its point, milliseconds since the epoch. */
  readonly timeMs: number;
}

/** One series cut to a span; every point with the time that it stands for. */
export class Track {
  readonly fromMs: number;
  readonly toMs: number;
  readonly resolutionMs: number;
  /** Starts of the points, milliseconds since the epoch. */
  readonly timesMs: readonly number[];
  /** Where the history begins, or the span. */
  readonly #firstMs: number;
  /** Usual time from one point to the next. */
  readonly #stepMs: number;
  readonly #lengthsMs: readonly number[];
  readonly #columns: ReadonlyMap<string, HistoryColumn>;

  /** @param span what was asked for; the track begins where the history does */
  constructor(answer: HistoryAnswer, span: { readonly fromMs: number; readonly toMs: number }) {
    const { timesMs, columns, resolutionMs, oldestMs } = answer;
    this.fromMs = span.fromMs;
    this.toMs = span.toMs;
    this.resolutionMs = resolutionMs;
    this.timesMs = timesMs;
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    // Below a minute points are samples, and how far these are apart only they tell.
    const areSamples = resolutionMs < MINUTE_MS;
    const stepMs = areSamples ? (usualStep(timesMs) ?? resolutionMs) : resolutionMs;
    const firstMs = Math.max(span.fromMs, oldestMs ?? span.fromMs);
    this.#firstMs = firstMs;
    this.#stepMs = stepMs;
    this.#lengthsMs = timesMs.map((startMs, index) => {
      const nextMs = timesMs[index + 1] ?? Infinity;
      const endMs = areSamples && nextMs - startMs <= GAP_STEPS * stepMs ? nextMs : startMs + stepMs;
      return Math.max(0, Math.min(endMs, nextMs, span.toMs) - Math.max(startMs, firstMs));
    });
  }

  /** Seconds of the span that were sampled. */
  get coveredSec(): number {
    return this.#lengthsMs.reduce((sum, length) => sum + length, 0) / 1000;
  }

  /** Seconds of the span in which the field was known. */
  knownSec(name: string): number {
    return this.#sum(name, () => 1);
  }

  /** Mean over the known time; null: never known. */
  average(name: string): number | null {
    const seconds = this.knownSec(name);
    return seconds === 0 ? null : this.#sum(name, (value) => value) / seconds;
  }

  /** The figure times seconds over the known time: what is not known adds nothing. null: never known. */
  integral(name: string): number | null {
    return this.knownSec(name) === 0 ? null : this.#sum(name, (value) => value);
  }

  /** Of all samples, also where a point stands for hours. */
  peak(name: string): Peak | null {
    return this.#extreme(name, 'max', (a, b) => a > b);
  }

  lowest(name: string): Peak | null {
    return this.#extreme(name, 'min', (a, b) => a < b);
  }

  /** Newest known mean. */
  last(name: string): number | null {
    return this.#columns.get(name)?.mean.findLast((value) => Number.isFinite(value)) ?? null;
  }

  /** Least (`min`), mean or most (`max`) of each point; NaN: not known. */
  values(name: string, which: 'min' | 'mean' | 'max' = 'mean'): readonly number[] {
    const column = this.#columns.get(name);
    if (column === undefined) return this.timesMs.map(() => Number.NaN);
    return column[which].length === 0 ? column.mean : column[which];
  }

  /** Seconds of the points for which `test` holds. */
  secondsWhere(test: (index: number) => boolean): number {
    return this.#lengthsMs.reduce((sum, length, index) => sum + (test(index) ? length : 0), 0) / 1000;
  }

  /** Spans without samples, longest first; those shorter than a few points do not show. */
  gaps(): Gap[] {
    const gaps: Gap[] = [];
    let knownTo = this.#firstMs;
    const least = GAP_STEPS * this.#stepMs;
    this.timesMs.forEach((startMs, index) => {
      if (startMs - knownTo > least) gaps.push({ fromMs: knownTo, toMs: startMs });
      knownTo = Math.max(knownTo, startMs + (this.#lengthsMs[index] ?? 0));
    });
    if (this.toMs - knownTo > least) gaps.push({ fromMs: knownTo, toMs: this.toMs });
    return gaps.sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
  }

  #sum(name: string, of: (value: number) => number): number {
    const mean = this.#columns.get(name)?.mean ?? [];
    return mean.reduce(
      (sum, value, index) => (Number.isFinite(value) ? sum + (of(value) * (this.#lengthsMs[index] ?? 0)) / 1000 : sum),
      0,
    );
  }

  #extreme(name: string, which: 'min' | 'max', better: (a: number, b: number) => boolean): Peak | null {
    let best: Peak | null = null;
    this.values(name, which).forEach((value, index) => {
      if (!Number.isFinite(value) || (this.#lengthsMs[index] ?? 0) === 0) return;
      if (best === null || better(value, best.value)) best = { value, timeMs: this.timesMs[index] ?? 0 };
    });
    return best;
  }
}

/** The median: a gap does not move it. */
function usualStep(timesMs: readonly number[]): number | undefined {
  const steps = timesMs.slice(1).map((time, index) => time - (timesMs[index] ?? time));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)];
}
