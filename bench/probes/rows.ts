import type { BpfTime } from './bpf-time.js';
import type { DutyCost } from './duty-cost.js';
import type { Delivery } from './fault-cost.js';
import { pairedDifference, type Estimate } from './interval.js';
import type { Startup } from './startup.js';
import { EMPTY, KINDS, NOTHING, type Kind, type ProgramSet, type Samples } from './types.js';
import { median } from '../bakeoff/statistics.js';

/** One line of `--json FILE`; docs/overhead.md is made of them. Times in nanoseconds or milliseconds, as named. */
export type Row =
  | ({ readonly part: 'machine' } & Machine)
  | ({ readonly part: 'faults' } & FaultCost)
  | ({ readonly part: 'delivery' } & Delivery)
  | ({ readonly part: 'statistics' } & BpfTime)
  | ({ readonly part: 'startup' } & Startup)
  | { readonly part: 'idle'; readonly name: string; readonly cores: number; readonly seconds: number }
  | ({ readonly part: 'duty' } & DutyCost);

export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly bpftrace: string;
  /** Runnable tasks, mean of one minute, before anything was measured and at the end. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly quick: boolean;
  /** What could not be measured here, and why. */
  readonly missing: readonly string[];
}

/** What one set of programs makes of one kind of fault, nanoseconds. */
export interface FaultCost {
  readonly set: string;
  readonly title: string;
  readonly kind: Kind;
  readonly min: number;
  readonly median: number;
  /** Pair by pair of the same round. */
  readonly aboveNothing: Estimate;
  readonly aboveEmpty: Estimate;
}

export function faultRows(sets: readonly ProgramSet[], samples: Samples): readonly Row[] {
  return sets.flatMap(({ name, title }) =>
    KINDS.map((kind) => {
      const figures = figuresOf(samples, name, kind);
      return {
        part: 'faults' as const,
        set: name,
        title,
        kind,
        min: Math.min(...figures),
        median: median(figures) ?? NaN,
        aboveNothing: pairedDifference(figures, figuresOf(samples, NOTHING, kind)),
        aboveEmpty: pairedDifference(figures, figuresOf(samples, EMPTY, kind)),
      };
    }),
  );
}

/** Rows of one part. */
export function rowsOf<P extends Row['part']>(rows: readonly Row[], part: P): readonly Extract<Row, { part: P }>[] {
  return rows.filter((row): row is Extract<Row, { part: P }> => row.part === part);
}

function figuresOf(samples: Samples, set: string, kind: Kind): readonly number[] {
  return samples.get(set)?.get(kind) ?? [];
}
