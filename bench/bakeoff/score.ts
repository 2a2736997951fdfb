import type { Curve } from './curve.js';
import { integral, reaches, steepest, valueAt } from './curve.js';
import type { Cell, Row, Script, Tick, TracePoint } from './types.js';

/** What the runner saw of one cell. */
export interface Measured {
  readonly cell: Cell;
  /** Length of the window: samples after it are not counted, what is missing before its end is as in the last sample. */
  readonly window_s: number;
  /** About ten a second, the first one at the start of the window. Counters may begin anywhere. */
  readonly ticks: readonly Tick[];
  readonly script: Pick<Script, 'reachableMib' | 'change'>;
  /** Of the observing agent and its children over the window. */
  readonly agentCpuSec: number;
  readonly guestRate: number | null;
  /** CPU seconds for one COW break. */
  readonly cowBreakCostSec: number;
  readonly fullScans: number;
  readonly order: number;
  /** ISO 8601. */
  readonly at: string;
  /** In cores. */
  readonly foreignLoad: number;
  readonly build: string;
  readonly kernel: string;
}

/** GiB per core, of all nets. */
export const PRICES = [4, 8, 16] as const;
export type Price = (typeof PRICES)[number];

const T95_SHARE = 0.95;
const T95_STAY_SEC = 1;
const PEAK_SEC = 10;
const TRACE_POINTS = 120;

/**
 * The score of one cell.
 *
 * The kernel counts a merged page as saved until ksmd comes by and sees that a write broke it, or that its guest is gone: the
 * slower the scanner, the better it looks. So the saving counts at most as what the script says was reachable at that moment.
 * What else is stale, below that bound, cannot be told and is left to the policy.
 *
 * @throws RangeError if the samples are not in order, not finite, or do not cover the window from its first half second on.
 */
export function scoreCell(measured: Measured): Row {
  const { cell, window_s, script } = measured;
  const points = pointsInWindow(measured);
  const curve = (pick: (point: TracePoint) => number): Curve => points.map((p) => ({ sec: p.sec, value: pick(p) }));
  const saved = curve((point) => point.savedMib);
  const cpu = curve((point) => point.ksmdCpuSec);

  const saved_gib_s = rounded(integral(saved) / 1024);
  const ksmd_cpu_s = rounded(valueAt(cpu, window_s));
  const cow_breaks = rounded(points.at(-1)?.cowBreaks ?? 0);
  const cow_break_cost_s = measured.cowBreakCostSec;
  const net = (price: Price): number => rounded(saved_gib_s / price - ksmd_cpu_s - cow_breaks * cow_break_cost_s);
  const tailSec = window_s / 3;
  return {
    ...cell,
    window_s,
    saved_gib_s,
    reachable_gib_s: rounded(integral(curve((point) => point.reachableMib)) / 1024),
    reachable_mib: rounded(script.reachableMib(script.change?.goalSec ?? window_s)),
    ksmd_cpu_s,
    agent_cpu_s: rounded(measured.agentCpuSec),
    cow_breaks,
    cow_break_cost_s,
    guest_slowdown_pct: null,
    guest_rate: measured.guestRate,
    net_4: net(4),
    net_8: net(8),
    net_16: net(16),
    t95_s: secondsTo95(saved, script),
    peak_10s_cpu_pct: rounded(100 * steepest(cpu, PEAK_SEC)),
    tail_cpu_pct: rounded((100 * (ksmd_cpu_s - valueAt(cpu, window_s - tailSec))) / tailSec),
    full_scans: measured.fullScans,
    order: measured.order,
    at: measured.at,
    foreign_load: rounded(measured.foreignLoad),
    build: measured.build,
    kernel: measured.kernel,
    trace: thinned(points),
  };
}

/** Null where nothing changes, nothing is to be had at the goal, or it is not reached within the window. */
function secondsTo95(saved: Curve, script: Measured['script']): number | null {
  const { change } = script;
  if (change === null) return null;
  const goal = T95_SHARE * script.reachableMib(change.goalSec);
  if (goal <= 0) return null;
  const reached = reaches(saved, goal, change.fromSec, T95_STAY_SEC);
  return reached === null ? null : rounded(reached - change.fromSec);
}

/** From second 0 to the end of the window, counters from 0 on, the saving no more than what was reachable. */
function pointsInWindow({ ticks, window_s, script }: Measured): TracePoint[] {
  checkTicks(ticks, window_s);
  const base = ticks[0];
  const of = (pick: (tick: Tick) => number): Curve => ticks.map((tick) => ({ sec: tick.sec, value: pick(tick) }));
  const [saved, cpu, breaks] = [of((t) => t.savedMib), of((t) => t.ksmdCpuSec), of((t) => t.cowBreaks)];
  const inside = ticks.map(({ sec }) => sec).filter((sec) => sec > 0 && sec < window_s);
  return [0, ...inside, window_s].map((sec) => {
    const reachableMib = Math.max(0, script.reachableMib(sec));
    return {
      sec,
      savedMib: Math.min(valueAt(saved, sec), reachableMib),
      ksmdCpuSec: valueAt(cpu, sec) - (base?.ksmdCpuSec ?? 0),
      cowBreaks: valueAt(breaks, sec) - (base?.cowBreaks ?? 0),
      reachableMib,
    };
  });
}

function checkTicks(ticks: readonly Tick[], window_s: number): void {
  const [first, last] = [ticks[0], ticks.at(-1)];
  if (
    !(window_s > 0) ||
    first === undefined ||
    last === undefined ||
    Math.abs(first.sec) > 0.5 ||
    last.sec < window_s / 2
  )
    throw new RangeError(`samples from ${first?.sec ?? NaN} s to ${last?.sec ?? NaN} s do not cover ${window_s} s`);
  ticks.forEach((tick, index) => {
    const before = ticks[index - 1];
    const finite = [tick.sec, tick.savedMib, tick.ksmdCpuSec, tick.cowBreaks].every(Number.isFinite);
    if (!finite || (before !== undefined && tick.sec <= before.sec))
      throw new RangeError(
        `sample ${index} of ${ticks.length}: ${JSON.stringify(tick)} after second ${before?.sec ?? 0}`,
      );
  });
}

/** Evenly spread, the first and the last among them; figures short, for they are kept for each cell. */
function thinned(points: readonly TracePoint[]): TracePoint[] {
  const step = Math.max(1, (points.length - 1) / (TRACE_POINTS - 1));
  const kept = new Set(points.map((_, index) => points[Math.round(index * step)]));
  return [...kept].flatMap((point) =>
    point === undefined
      ? []
      : {
          sec: rounded(point.sec, 2),
          savedMib: rounded(point.savedMib, 2),
          ksmdCpuSec: rounded(point.ksmdCpuSec, 4),
          cowBreaks: rounded(point.cowBreaks, 0),
          reachableMib: rounded(point.reachableMib, 2),
        },
  );
}

function rounded(value: number, digits = 6): number {
  return Number(value.toFixed(digits)) + 0; // + 0: no -0 in JSON
}
