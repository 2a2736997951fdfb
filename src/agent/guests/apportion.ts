/**
 * `total` in whole numbers, by weight: each part is within one of its exact share, none is below 0 and they sum to
 * `total`, whatever the weights. Pure.
 *
 * Each part is the difference of two neighbouring rounded running sums, so nothing is left over to be given away.
 *
 * @param total whole, 0 or more, below 2^53
 * @param weights 0 or more; all 0: the last one gets everything
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let weighed = 0;
  let given = 0;
  return weights.map((weight, index) => {
    weighed += weight;
    const last = index === weights.length - 1;
    const upTo = last ? total : sum === 0 ? 0 : Math.min(total, Math.round(total * (weighed / sum)));
    const part = upTo - given;
    given = upTo;
    return part;
  });
}
