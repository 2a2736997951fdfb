/** What a metric is: its name, its meaning, and how it is read off an agent's answers. Pure. */

import type { AgentReading, GuestChoice } from './reading.js';

/** Absent values are absent series: null, undefined and NaN are not exposed. */
export type Value = number | null | undefined;

export type Labels = Readonly<Record<string, string>>;

export interface Point {
  readonly labels?: Labels;
  readonly value: Value;
}

/** A cumulative distribution; without a sum, as only bars are known. */
export interface Distribution {
  readonly labels?: Labels;
  /** Upper ends as the `le` label spells them, ascending, `+Inf` last, each with the count of all that is not above. */
  readonly buckets: readonly (readonly [le: string, count: number])[];
}

interface Described {
  /** As Prometheus stores it: counters end in `_total`, infos in `_info`. */
  readonly name: string;
  /** One sentence: what it is and where it comes from. */
  readonly help: string;
  /** Labels of its series, beside `host` where several agents are served. */
  readonly labels: readonly string[];
}

export interface PointFamily extends Described {
  readonly type: 'counter' | 'gauge' | 'info';
  readonly points: (reading: AgentReading, choice: GuestChoice) => readonly Point[];
}

export interface HistogramFamily extends Described {
  readonly type: 'histogram';
  readonly distributions: (reading: AgentReading) => readonly Distribution[];
}

export type Family = PointFamily | HistogramFamily;

/** A metric without labels. */
export function single(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: (reading: AgentReading) => Value,
): PointFamily {
  return { type, name, help, labels: [], points: (reading) => [{ value: value(reading) }] };
}

/** A metric with labels. */
export function labelled(
  type: PointFamily['type'],
  name: string,
  help: string,
  labels: readonly string[],
  points: PointFamily['points'],
): PointFamily {
  return { type, name, help, labels, points };
}

/** One series a state, 1 for the present one and 0 for the others; nothing where the state is not known. */
export function states(label: string, all: readonly string[], present: string | undefined, labels?: Labels): Point[] {
  if (present === undefined || !all.includes(present)) return [];
  return all.map((state) => ({ labels: { ...labels, [label]: state }, value: state === present ? 1 : 0 }));
}

/** 1 or 0. */
export function flag(value: boolean | null | undefined): Value {
  return value === null || value === undefined ? undefined : value ? 1 : 0;
}

/** In the base unit: `times(cpuPct, 0.01)`. */
export function times(value: Value, factor: number): Value {
  return value === null || value === undefined ? undefined : value * factor;
}

export function dividedBy(value: Value, divisor: number): Value {
  return value === null || value === undefined ? undefined : value / divisor;
}
