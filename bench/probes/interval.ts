import { median } from '../bakeoff/statistics.js';

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly pairs: number;
}

/** Resamples of the bootstrap: the interval's ends move by less than their rounding with more. */
const RESAMPLES = 2000;
const OUTSIDE = 0.025;

/**
 * Median of the paired differences `with - without`, and its 95 % interval by the percentile bootstrap over the pairs. The
 * generator is seeded: the same rows give the same interval.
 *
 * @throws RangeError where the two differ in length, or are empty
 */
export function pairedDifference(withIt: readonly number[], without: readonly number[]): Estimate {
  if (withIt.length !== without.length || withIt.length === 0) throw new RangeError('pairs want equal lengths above 0');
  const differences = withIt.map((value, pair) => value - (without[pair] ?? NaN));
  const next = generator();
  const medians = Array.from({ length: RESAMPLES }, () =>
    middle(differences.map(() => differences[Math.floor(next() * differences.length)] ?? NaN)),
  ).sort((a, b) => a - b);
  const at = (part: number): number => medians[Math.round(part * (RESAMPLES - 1))] ?? NaN;
  return { median: middle(differences), low: at(OUTSIDE), high: at(1 - OUTSIDE), pairs: differences.length };
}

/** Does an estimate stay below a limit? `undecided`: the interval contains it. */
export function verdict({ low, high }: Estimate, limit: number): 'met' | 'missed' | 'undecided' {
  if (high <= limit) return 'met';
  return low > limit ? 'missed' : 'undecided';
}

function middle(values: readonly number[]): number {
  return median(values) ?? NaN;
}

/** Numbers from 0 up to 1, always the same (mulberry32). */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
