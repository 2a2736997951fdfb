import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BreakCost } from './break-cost.js';
import type { BuildHashes } from './build-hash.js';
import { runCell, type CellResult } from './cell.js';
import { cellName, planCells, stageSeed, type PlannedCell, type Selection } from './plan.js';
import { duration, Progress, type Stage } from './progress.js';
import { Refusal } from './refusal.js';
import { scoreCell } from './score.js';
import type { RowStore } from './store.js';
import type { Policy, Row, Workload } from './types.js';

export interface RunOptions {
  readonly selection: Selection;
  readonly workloadNamed: (name: string) => Workload;
  readonly policyNamed: (name: string) => Policy;
  readonly quick: boolean;
  readonly seconds: number | undefined;
  /** Cores of others' load from which a row of the store is not kept. */
  readonly redoAbove: number | undefined;
  readonly store: RowStore;
  readonly builds: BuildHashes;
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  readonly measureBreakCost: (signal: AbortSignal) => Promise<BreakCost>;
}

export interface RunResult {
  /** The cells of this run that have a row now, kept ones included. */
  readonly rows: readonly Row[];
  /** `NAME: why`, one for each cell that was tried and has none. */
  readonly failed: readonly string[];
  /** Why a policy cannot run on this host, by its name. */
  readonly obstacles: ReadonlyMap<string, string>;
}

/** How long somebody else may use KSM before the run gives up, and how often it looks. */
const PATIENCE_MS = 15 * 60_000;
const RETRY_MS = 10_000;
const NAMES_SHOWN = 3;

/** The cells that are not in the store yet, one after the other. @throws Refusal, or the abort's reason: rows are kept */
export async function runAll(options: RunOptions): Promise<RunResult> {
  const { selection, store, write } = options;
  const failed: string[] = [];
  const plan = planCells(selection);
  const obstacles = await findObstacles(options);
  for (const [policy, why] of obstacles) write(`not run: ${policy}: ${why}\n`);
  const possible = plan.filter(({ policy }) => !obstacles.has(policy));
  for (const cell of possible) options.builds.of(cell); // of the sources as they are now
  const toDo = cellsToRun(possible, options);
  const windows = toDo.map((cell) => secondsOf(cell, options));
  const progress = new Progress({ write, isTTY: options.isTTY, windows });
  write(`${toDo.length} cells to run, ${possible.length - toDo.length} kept, about ${duration(progress.leftSec())}\n`);
  try {
    if (toDo.length > 0) await runCells(toDo, options, progress, failed);
  } finally {
    progress.stop();
  }
  return { rows: plan.flatMap((cell) => store.get(cell) ?? []), failed, obstacles };
}

async function runCells(
  cells: readonly PlannedCell[],
  options: RunOptions,
  progress: Progress,
  failed: string[],
): Promise<void> {
  const cost = await options.measureBreakCost(options.signal);
  const us = (seconds: number): string => (seconds * 1e6).toFixed(2);
  progress.say(`a COW break costs ${us(cost.seconds)} us (${us(cost.least)} to ${us(cost.most)})`);
  const told = new Set<string>();
  for (const cell of cells) {
    progress.begin(cell);
    try {
      const { row, notes } = await patiently(options.signal, progress, () =>
        rowOf(cell, cost, options, (stage) => progress.stage(stage)),
      );
      for (const note of notes.filter((one) => !told.has(one))) progress.say(note);
      for (const note of notes) told.add(note);
      options.store.add(row);
      progress.end(row);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof Refusal) throw error;
      const why = error instanceof Error ? error.message : String(error);
      failed.push(`${cellName(cell)}: ${why}`);
      progress.end(why);
    }
  }
}

/** Somebody else's use of KSM ends a run only where it lasts: the rest of a night's run is worth some waiting. */
async function patiently<T>(signal: AbortSignal, progress: Progress, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  let said: string | undefined;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal) || performance.now() > deadline) throw error;
      if (error.message !== said) progress.say(`waiting: ${error.message}`);
      said = error.message;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

async function rowOf(
  cell: PlannedCell,
  cost: BreakCost,
  options: RunOptions,
  onStage: (stage: Stage) => void,
): Promise<{ row: Row; notes: readonly string[] }> {
  const { workload, policy, repeat, price } = cell;
  const { selection, signal } = options;
  // Before the cell: what is built while it runs is not what it ran.
  const build = options.builds.of(cell);
  const seconds = secondsOf(cell, options);
  const result: CellResult = await runCell({
    workload: options.workloadNamed(workload),
    policy: options.policyNamed(policy),
    price,
    seconds,
    seed: stageSeed(selection.seed, cell),
    signal,
    onStage,
  });
  const row = scoreCell({
    cell: { workload, policy, repeat, price },
    window_s: seconds,
    ticks: result.ticks,
    script: result.script,
    agentCpuSec: result.agentCpuSec,
    guestRate: result.guestRate,
    cowBreakCostSec: cost.seconds,
    fullScans: result.fullScans,
    order: cell.order,
    at: result.at.toISOString(),
    foreignLoad: result.foreignLoad,
    build,
    kernel: release(),
  });
  return { row, notes: result.missingProbes.map((why) => `the observing agent is without ${why}`) };
}

/** Policies that cannot run on this host, and why. */
async function findObstacles({ selection, policyNamed }: RunOptions): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of selection.policies) {
    const why = await policyNamed(name).obstacle();
    if (why !== undefined) found.set(name, why);
  }
  return found;
}

/** Cells without a row that was measured alike. Says what runs again though there is a row, and why. */
function cellsToRun(cells: readonly PlannedCell[], options: RunOptions): readonly PlannedCell[] {
  const again = new Map<string, string[]>();
  const toRun = cells.filter((cell) => {
    const row = options.store.get(cell);
    const why = row === undefined ? undefined : whyAgain(row, cell, options);
    if (why !== undefined) again.set(why, [...(again.get(why) ?? []), cellName(cell)]);
    return row === undefined || why !== undefined;
  });
  for (const [why, names] of again) {
    const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
    options.write(`runs again, because ${why}: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}\n`);
  }
  return toRun;
}

/** Why the row of a cell is not kept; undefined: it is. */
function whyAgain(row: Row, cell: PlannedCell, options: RunOptions): string | undefined {
  if (row.build !== options.builds.of(cell)) return 'the sources or the seed have changed';
  if (row.window_s !== secondsOf(cell, options)) return `the window was ${row.window_s} s`;
  if (row.kernel !== release()) return `it was Linux ${row.kernel}`;
  return row.foreign_load > (options.redoAbove ?? Infinity) ? 'others loaded the machine' : undefined;
}

function secondsOf({ workload }: PlannedCell, { workloadNamed, quick, seconds }: RunOptions): number {
  const { seconds: whole, quickSeconds } = workloadNamed(workload);
  return seconds ?? (quick ? quickSeconds : whole);
}
