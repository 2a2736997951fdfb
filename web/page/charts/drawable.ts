/** What a chart draws: rows of the page's own ring, of the history, or of both, one after the other. Pure. */

import type { Block } from '../past/block.js';
import type { SeriesRing } from '../series.js';
import { thin } from '../thin.js';

type Values = readonly (number | null)[];

export interface Drawable {
  /** Milliseconds since the epoch, rising. */
  readonly times: readonly number[];
  /** By column, in the order asked for; null is a gap. */
  readonly values: readonly Values[];
  /** Lowest and highest in the time of each row, by column; where a row is one sample, both are its value. */
  readonly low: readonly Values[];
  readonly high: readonly Values[];
  /** Do some rows stand for more than one sample? */
  readonly hasBand: boolean;
}

export interface DrawOptions<C extends string> {
  readonly columns: readonly C[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Slices of time; a chart wants about one for two pixels. */
  readonly buckets: number;
}

/** Rows of history longer than this are not drawn beside single samples: those are rolled up too. Milliseconds. */
const ROLLED_UP_MS = 5_000;

/** The history up to where the ring begins, then the ring. */
export function drawableOf<C extends string>(
  ring: SeriesRing<C>,
  block: Block | undefined,
  options: DrawOptions<C>,
): Drawable {
  const { columns, fromMs, toMs } = options;
  const seamMs = ring.oldestMs ?? Infinity;
  if (block === undefined || seamMs <= fromMs) return ofRing(ring, options);
  const past = ofBlock(block, { columns, fromMs, toMs: Math.min(toMs, seamMs) });
  if (seamMs >= toMs) return past;
  const rest = { ...options, fromMs: seamMs };
  const isCoarse = block.resolutionMs >= ROLLED_UP_MS;
  return joined(past, isCoarse ? rolledUp(ring, rest, block.resolutionMs) : ofRing(ring, rest));
}

function ofRing<C extends string>(ring: SeriesRing<C>, options: DrawOptions<C>): Drawable {
  const { times, values } = thin(ring, options);
  return { times, values, low: values, high: values, hasBand: false };
}

/** Rows that begin before `toMs`, with one before `fromMs` so that lines reach the edge. */
function ofBlock(
  block: Block,
  { columns, fromMs, toMs }: { columns: readonly string[]; fromMs: number; toMs: number },
): Drawable {
  const { times } = block;
  let first = times.findIndex((time) => time >= fromMs);
  if (first < 0) first = times.length;
  first = Math.max(0, first - 1);
  let end = times.findLastIndex((time) => time < toMs) + 1;
  end = Math.max(first, end);
  const unknown: Values = new Array<null>(end - first).fill(null);
  const cut = (values: Values | undefined): Values => values?.slice(first, end) ?? unknown;
  const parts = columns.map((column) => block.columns.get(column));
  return {
    times: times.slice(first, end),
    values: parts.map((part) => cut(part?.mean)),
    low: parts.map((part) => cut(part?.low ?? part?.mean)),
    high: parts.map((part) => cut(part?.high ?? part?.mean)),
    hasBand: parts.some((part) => part?.low !== undefined),
  };
}

/** Means, lowest and highest of slices of `stepMs`, at their middles; a slice without samples is a gap. */
export function rolledUp<C extends string>(
  ring: SeriesRing<C>,
  { columns, fromMs, toMs }: DrawOptions<C>,
  stepMs: number,
): Drawable {
  const times: number[] = [];
  const parts = columns.map(() => ({
    mean: [] as (number | null)[],
    low: [] as (number | null)[],
    high: [] as (number | null)[],
  }));
  const end = Math.min(ring.length, ring.indexFrom(toMs + 1));
  let slice = NaN;
  let first = ring.indexFrom(fromMs);
  while (first < end) {
    const next = Math.floor(ring.timeAt(first) / stepMs);
    let stop = first + 1;
    while (stop < end && Math.floor(ring.timeAt(stop) / stepMs) === next) stop += 1;
    if (next > slice + 1) {
      times.push((slice + 1) * stepMs);
      for (const part of parts) for (const values of [part.mean, part.low, part.high]) values.push(null);
    }
    slice = next;
    times.push((slice + 0.5) * stepMs);
    columns.forEach((column, index) => {
      const { mean, low, high } = sliceOf(ring, column, first, stop);
      parts[index]?.mean.push(mean);
      parts[index]?.low.push(low);
      parts[index]?.high.push(high);
    });
    first = stop;
  }
  return {
    times,
    values: parts.map(({ mean }) => mean),
    low: parts.map(({ low }) => low),
    high: parts.map(({ high }) => high),
    hasBand: true,
  };
}

function sliceOf<C extends string>(
  ring: SeriesRing<C>,
  column: C,
  first: number,
  stop: number,
): Record<'mean' | 'low' | 'high', number | null> {
  let [sum, known, low, high] = [0, 0, Infinity, -Infinity];
  for (let row = first; row < stop; row += 1) {
    const value = ring.at(column, row);
    if (value === null) continue;
    sum += value;
    known += 1;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return known === 0 ? { mean: null, low: null, high: null } : { mean: sum / known, low, high };
}

/** `later` begins after `earlier` ends. */
function joined(earlier: Drawable, later: Drawable): Drawable {
  const from = earlier.times.at(-1) ?? -Infinity;
  const skip = later.times.findIndex((time) => time > from);
  const rest = skip < 0 ? later.times.length : skip;
  const chain = (a: readonly Values[], b: readonly Values[]): readonly Values[] =>
    a.map((values, index) => [...values, ...(b[index] ?? []).slice(rest)]);
  return {
    times: [...earlier.times, ...later.times.slice(rest)],
    values: chain(earlier.values, later.values),
    low: chain(earlier.low, later.low),
    high: chain(earlier.high, later.high),
    hasBand: earlier.hasBand || later.hasBand,
  };
}

/** A column made of others, row by row, such as CPU per page; it has no band. */
export function derived(drawable: Drawable, of: (row: readonly (number | null)[]) => number | null): Values {
  return drawable.times.map((_, index) => of(drawable.values.map((values) => values[index] ?? null)));
}

/** Index of the row nearest in time; undefined where none is within `reachMs`. */
export function nearestRow(times: readonly number[], timeMs: number, reachMs: number): number | undefined {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Infinity) < timeMs) low = middle + 1;
    else high = middle;
  }
  const away = (index: number): number => Math.abs((times[index] ?? Infinity) - timeMs);
  const best = away(low - 1) < away(low) ? low - 1 : low;
  return away(best) <= reachMs ? best : undefined;
}
