/** A figure that was estimated. */
export interface Estimate {
  readonly value: number;
  /** Bounds of the 95 % confidence interval. Equal to the value where nothing was left to chance. */
  readonly low: number;
  readonly high: number;
}

export interface Evidence {
  /** Sum over what was looked at without sampling. */
  readonly certain: number;
  /** Sum, sum of squares and largest over the clusters that were selected by chance. */
  readonly sum: number;
  readonly squares: number;
  readonly largest: number;
}

/**
 * Standard deviations that an interval reaches to either side. 1.96 would be 95 % if the variance were known; it is
 * estimated from the same few clusters, and too small in half of all runs. With 2.24 the truth lay inside in 95 % of the
 * runs or more for every kind of memory tried (test/unit/agent/estimate/coverage.test.ts).
 */
const Z = 2.24;

/**
 * The total and its confidence interval, from clusters each of which was selected with the same probability.
 *
 * The total is Horvitz and Thompson's. Clusters are few and of very different sizes, so the interval is that of Fay and
 * Feuer (Statistics in Medicine 16, 1997) for weighted sums of rare events: the limits are quantiles of gamma
 * distributions with the mean and variance of the sum, the upper one as if one more cluster of the largest size had been
 * met. It holds at least what it promises, also when nothing was met at all, where a normal interval would be 0 to 0.
 *
 * @param rate probability, above 0, at most 1
 * @param unseen a cluster that was not met may contribute so much
 */
export function estimateTotal(evidence: Evidence, rate: number, unseen: number): Estimate {
  const { certain, sum, squares, largest } = evidence;
  const value = certain + sum / rate;
  if (rate >= 1) return { value, low: value, high: value };
  const mean = sum / rate;
  const variance = ((1 - rate) * squares) / rate ** 2;
  // One cluster stands for so many: 1 / rate when the rate is small, and none when everything is looked at.
  const more = Math.max(largest, unseen) / -Math.log1p(-rate);
  return {
    value,
    low: certain + gammaQuantile(mean, variance, -Z),
    high: certain + gammaQuantile(mean + more, variance + more ** 2, Z),
  };
}

/**
 * Quantile of the gamma distribution with this mean and variance, by Wilson and Hilferty's cube root: within 1 % above
 * the median for shapes from 1 up, and too low below it, which is the safe side of a lower limit.
 *
 * @param z the same quantile of the standard normal distribution
 */
function gammaQuantile(mean: number, variance: number, z: number): number {
  if (mean === 0 || variance === 0) return mean;
  const shape = mean ** 2 / variance;
  const root = 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape));
  return mean * Math.max(0, root) ** 3;
}
