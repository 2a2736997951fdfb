/** One answer of GET /api/history, made ready for charts. Pure. */

/** As the gateway sends it: NaN is null, and the fields that proto calls optional may be absent. */
export interface HistoryAnswer {
  readonly resolution_ms: number;
  readonly time_ms: readonly number[];
  readonly columns: readonly {
    readonly name: string;
    readonly mean: readonly Value[];
    readonly min: readonly Value[];
    readonly max: readonly Value[];
  }[];
  readonly oldest_ms?: number | null;
  readonly problem: string;
}

type Value = number | null;
type Values = readonly Value[];

export interface BlockColumn {
  readonly mean: Values;
  /** Lowest and highest of each point's time; undefined where each point is one sample. */
  readonly low: Values | undefined;
  readonly high: Values | undefined;
}

export interface Block {
  /** What was asked for, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly resolutionMs: number;
  /** Middle of each point's time. A row of gaps stands wherever points are missing. */
  readonly times: readonly number[];
  readonly columns: ReadonlyMap<string, BlockColumn>;
  /** Where the history begins; undefined: nothing is kept yet. */
  readonly oldestMs: number | undefined;
  /** What is wrong with the history; empty: nothing. */
  readonly problem: string;
}

/** Points further apart than so many of their own lengths have a gap between them. */
const GAP_POINTS = 1.6;
/** At the resolution of samples a late one is no gap. Milliseconds. */
const LEAST_GAP_MS = 3_000;

export function blockOf(answer: HistoryAnswer, fromMs: number, toMs: number): Block {
  const { resolution_ms: resolutionMs, time_ms: starts } = answer;
  const gapMs = Math.max(LEAST_GAP_MS, GAP_POINTS * resolutionMs);
  // Index into the answer of each row; -1: a gap.
  const rows: number[] = [];
  const times: number[] = [];
  starts.forEach((start, index) => {
    const middle = start + resolutionMs / 2;
    const before = times.at(-1);
    if (before !== undefined && middle - before > gapMs) {
      rows.push(-1);
      times.push(before + resolutionMs / 2);
    }
    rows.push(index);
    times.push(middle);
  });
  const pick = (values: Values): Values => rows.map((row) => (row < 0 ? null : (values[row] ?? null)));
  const columns = new Map<string, BlockColumn>();
  for (const { name, mean, min, max } of answer.columns) {
    const hasBand = min.length === starts.length && max.length === starts.length && starts.length > 0;
    columns.set(name, {
      mean: pick(mean),
      low: hasBand ? pick(min) : undefined,
      high: hasBand ? pick(max) : undefined,
    });
  }
  return {
    fromMs,
    toMs,
    resolutionMs,
    times,
    columns,
    oldestMs: answer.oldest_ms ?? undefined,
    problem: answer.problem,
  };
}
