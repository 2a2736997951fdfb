/** From the agent's bars to the cumulative buckets of a Prometheus histogram. Pure. */

/** One bar; `upper` excluded, null where it has no end. Any unit. */
export interface Bar {
  readonly upper: number | null;
  readonly count: number;
}

/** Upper ends of the buckets in the unit of the bars, and how many of that unit a second has. */
export interface Ladder {
  readonly bounds: readonly number[];
  readonly perSecond: number;
}

/** 1 ms to 4.7 h, as the agent's bars are: powers of two. */
export const LIFETIME_MS: Ladder = { bounds: powersOfTwo(0, 24), perSecond: 1e3 };
/** 256 ns to 17 ms, likewise. */
export const SERVICE_NS: Ladder = { bounds: powersOfTwo(8, 24), perSecond: 1e9 };

/**
 * The same buckets at every scrape: a bucket that appeared with its first count would hide that count from rate(). A bar
 * that reaches over a bound counts for the next higher one.
 */
export function cumulative(bars: readonly Bar[], { bounds, perSecond }: Ladder): [le: string, count: number][] {
  const buckets = bounds.map((bound): [string, number] => {
    const inside = bars.filter(({ upper }) => upper !== null && upper <= bound);
    return [canonical(bound / perSecond), total(inside)];
  });
  return [...buckets, ['+Inf', total(bars)]];
}

function total(bars: readonly Bar[]): number {
  return bars.reduce((sum, { count }) => sum + count, 0);
}

/**
 * A `le` as OpenMetrics and Go's client spell it, so that a series keeps its name whichever format is scraped: `1.0`,
 * `0.001`, `2.56e-07`.
 */
export function canonical(value: number): string {
  if (Number.isInteger(value)) return value.toFixed(1);
  if (value >= 1e-4) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function powersOfTwo(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => 2 ** (from + index));
}
