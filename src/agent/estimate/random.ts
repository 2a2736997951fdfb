/** Whole numbers from 0 to 2^32 - 1, each equally likely. */
export type Random = () => number;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes the usual batteries of tests. What it draws is as
 * secret as its seed; nothing here depends on more than that.
 *
 * @param seed four words
 */
export function randomFrom(seed: Uint32Array): Random {
  let [a = 0, b = 0, c = 0, count = 1] = seed;
  const next = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 16; round += 1) next();
  return next;
}

/** A number from 0 up to, not including, 1. */
export function fraction(random: Random): number {
  return random() / 2 ** 32;
}

/**
 * How many to pass over before the next one is taken, when each is taken with this probability.
 *
 * @param probability above 0, at most 1
 */
export function gap(random: Random, probability: number): number {
  if (probability >= 1) return 0;
  return Math.floor(Math.log(1 - fraction(random)) / Math.log(1 - probability));
}
