/** From counts that arrive to how late each counted event was known. Pure. */

/** So many events in all were known by then. */
export interface Arrival {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly total: number;
}

export interface Lateness {
  /** Events whose arrival was seen. */
  readonly events: number;
  /** Events that no arrival told of. */
  readonly untold: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * @param times when each event happened, milliseconds since the epoch, ascending
 * @param arrivals ascending
 * @param base the total before the first of these events
 */
export function latenessOf(times: readonly number[], arrivals: readonly Arrival[], base: number): Lateness {
  const late: number[] = [];
  let at = 0;
  for (const [index, timeMs] of times.entries()) {
    while (at < arrivals.length && (arrivals[at]?.total ?? 0) - base < index + 1) at += 1;
    const arrival = arrivals[at];
    if (arrival === undefined) break;
    late.push(arrival.atMs - timeMs);
  }
  const sorted = late.toSorted((a, b) => a - b);
  const rank = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
  return {
    events: late.length,
    untold: times.length - late.length,
    p50Ms: rank(0.5),
    p99Ms: rank(0.99),
    maxMs: rank(1),
  };
}
