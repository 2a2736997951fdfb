import type { Measured } from '../../bench/bakeoff/score.js';
import { scoreCell } from '../../bench/bakeoff/score.js';
import type { Row, Tick } from '../../bench/bakeoff/types.js';

/** A made-up scanner that merges all there is at a steady pace, and ksmd's CPU while it does so and after. */
export interface ToyRun {
  readonly workload?: string;
  readonly policy?: string;
  readonly repeat?: number;
  readonly price?: number | null;
  readonly window_s?: number;
  readonly reachableMib?: number;
  /** Seconds until all of it is saved; Infinity: never anything. */
  readonly mergeSec?: number;
  /** Cores. */
  readonly busy?: number;
  readonly idle?: number;
  readonly cowBreaks?: number;
  readonly guestRate?: number | null;
}

/** What the runner would have seen of it. */
export function toyMeasured(run: ToyRun = {}): Measured {
  const { window_s = 30, reachableMib = 512, mergeSec = 10, busy = 0.4, idle = 0.01, price = null } = run;
  const ticks = Array.from({ length: window_s * 10 + 1 }, (_, index): Tick => {
    const sec = index / 10;
    return {
      sec,
      savedMib: reachableMib * Math.min(1, sec / mergeSec),
      ksmdCpuSec: 100 + busy * Math.min(sec, mergeSec) + idle * Math.max(0, sec - mergeSec),
      cowBreaks: 7 + Math.round(((run.cowBreaks ?? 0) * sec) / window_s),
    };
  });
  return {
    cell: { workload: run.workload ?? 'storm', policy: run.policy ?? 'default', repeat: run.repeat ?? 1, price },
    window_s,
    ticks,
    script: { reachableMib: () => reachableMib, change: { fromSec: 0, goalSec: window_s } },
    agentCpuSec: 0.4,
    guestRate: run.guestRate ?? null,
    cowBreakCostSec: 2e-6,
    fullScans: 12,
    order: 1,
    at: '2026-01-02T03:04:05.000Z',
    foreignLoad: 0.02,
    build: 'b1',
    kernel: '6.18.0',
  };
}

export function toyRow(run: ToyRun = {}): Row {
  return scoreCell(toyMeasured(run));
}

/** A row with these very figures. */
export function rowWith(figures: Partial<Row>): Row {
  return { ...toyRow(), t95_s: null, trace: [], ...figures };
}
