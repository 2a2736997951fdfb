/** Questions about the past, and the answers. */

import type { AgentEvent } from './event.js';

export interface HistoryQuery {
  /** Milliseconds since the epoch; 0: as far back as anything is kept. */
  readonly fromMs: number;
  /** 0: now. */
  readonly toMs: number;
  /** About how many points at most. */
  readonly points: number;
  /** Names of fields; empty: all that are kept. */
  readonly fields: readonly string[];
  /** A guest's `identity`, or the `name` of one that is known no more; empty: the host. */
  readonly guest: string;
}

/** The past at one resolution. All columns are as long as `timesMs`. */
export interface HistoryAnswer {
  /** Time that one point stands for, milliseconds. */
  readonly resolutionMs: number;
  /** Start of each point, ascending. A time without samples has no point. */
  readonly timesMs: readonly number[];
  readonly columns: readonly HistoryColumn[];
  /** Where what is kept begins; undefined: nothing is. */
  readonly oldestMs: number | undefined;
  /** What is wrong with the history; empty: nothing. */
  readonly problem: string;
}

/** One field over time. NaN: not known then. */
export interface HistoryColumn {
  readonly name: string;
  /** Of a total the last value. */
  readonly mean: readonly number[];
  /** Empty for totals, and at the resolution of samples. */
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export interface EventQuery {
  /** Milliseconds since the epoch; 0: as far back as anything is kept. */
  readonly fromMs: number;
  /** 0: now. */
  readonly toMs: number;
  /** Empty: all. */
  readonly kinds: readonly AgentEvent['kind'][];
  /** The newest so many. */
  readonly limit: number;
}

export interface EventAnswer {
  /** Oldest first. */
  readonly events: readonly AgentEvent[];
  /** There were more than `limit`. */
  readonly more: boolean;
}
