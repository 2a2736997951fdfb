/** Does a series grow? Theil-Sen's slope with Sen's confidence interval. Pure. */

export interface Slope {
  /** Units of y for one of x. */
  readonly median: number;
  /** The slope is above this with a confidence of 97.5 %. */
  readonly low: number;
  readonly high: number;
}

/** 95 % of a normal distribution lie within so many standard deviations. */
const Z = 1.96;
/** Slopes of n points are n * (n - 1) / 2; more points are thinned out. */
const MOST_POINTS = 600;

/**
 * The median of the slopes between all pairs of points, which a third of wild values does not move; its bounds are those
 * of Sen (1968): Kendall's S has the variance n(n-1)(2n+5)/18 where y does not depend on x.
 *
 * @returns undefined for fewer than 10 points
 */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope | undefined {
  const step = Math.ceil(points.length / MOST_POINTS);
  const kept = points.filter((_, index) => index % Math.max(1, step) === 0);
  const n = kept.length;
  if (n < 10) return undefined;
  const slopes: number[] = [];
  for (const [later, [x, y]] of kept.entries()) {
    for (const [fromX, fromY] of kept.slice(0, later)) if (x !== fromX) slopes.push((y - fromY) / (x - fromX));
  }
  slopes.sort((a, b) => a - b);
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number): number => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? NaN;
  return {
    median: at((slopes.length - 1) / 2),
    low: at((slopes.length - spread) / 2 - 1),
    high: at((slopes.length + spread) / 2),
  };
}
