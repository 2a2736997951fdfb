import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/agent/paths.js';
import { measureBreakCost } from './break-cost.js';
import { BuildHashes } from './build-hash.js';
import { writeDocument } from './document.js';
import { requireAlone, requireHost } from './foreign.js';
import { takeMachine } from './locks.js';
import { HELP, readOptions, REPEATS, type Options } from './options.js';
import { CORE_POLICIES, POLICY_NAMES, policyNamed } from './policies/all.js';
import { Refusal, UsageError } from './refusal.js';
import { writeReport } from './report.js';
import { cellsNotRun } from './report/coverage.js';
import { runAll } from './run.js';
import { readRows, RowStore } from './store.js';
import { summary } from './summary.js';
import type { Row } from './types.js';
import { WORKLOADS } from './workloads/all.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const DOCUMENT = 'docs/bakeoff.md';

/** @returns the exit code: 0 done, 1 the host says no or a cell failed, 2 wrong usage, 130 and up interrupted */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = readOptions(argv, {
      workloads: WORKLOADS.map(({ name }) => name),
      policies: POLICY_NAMES,
      corePolicies: CORE_POLICIES,
      isPolicy: (name) => policyNamed(name) !== undefined,
    });
    switch (options.kind) {
      case 'help':
        console.log(HELP);
        return 0;
      case 'report':
        return await report(options.files);
      case 'run':
        return await run(options);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`bakeoff: ${error.message}\nTry --help.`);
      return 2;
    }
    if (!(error instanceof Refusal)) throw error;
    console.error(`bakeoff: ${error.message}`);
    if (error.hint !== undefined) console.error(`Hint: ${error.hint}`);
    return 1;
  }
}

async function run(options: Extract<Options, { kind: 'run' }>): Promise<number> {
  requireHost();
  requireBuild();
  const interrupt = new Interrupt();
  let store: RowStore | undefined;
  try {
    await requireFreeMachine(interrupt.signal);
    store = openStore(options);
    const { rows, failed, obstacles } = await runAll({
      selection: options.selection,
      workloadNamed: (name) =>
        present(
          WORKLOADS.find((one) => one.name === name),
          name,
        ),
      policyNamed: (name) => present(policyNamed(name), name),
      quick: options.quick,
      seconds: options.seconds,
      redoAbove: options.redoAbove,
      store,
      builds: new BuildHashes({ root: packageRoot, seed: options.selection.seed }),
      signal: interrupt.signal,
      write: (text) => void process.stderr.write(text),
      isTTY: process.stderr.isTTY,
      measureBreakCost,
    });
    if (rows.length > 0) console.log(summary(rows));
    for (const text of failed) console.error(`no row: ${text}`);
    if (options.full) await document(store.rows, obstacles);
    else if (!options.quick) console.error(`Not all was run, so ${DOCUMENT} is as it was; --report FILE... writes it.`);
    return failed.length === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof Refusal && store !== undefined) console.error(goOn(store));
    if (interrupt.code === undefined) throw error;
    console.error(`Interrupted; knobs are as they were found.${store === undefined ? '' : ` ${goOn(store)}`}`);
    return interrupt.code;
  } finally {
    interrupt.release();
  }
}

async function report(files: readonly string[]): Promise<number> {
  if (files.length === 0) throw new UsageError('--report wants files with rows');
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Refusal(`${missing} does not exist`, 'give files that --json FILE has written.');
  // Of two rows of one cell, that of the later file counts.
  const { rows } = new RowStore({ path: undefined, rows: files.flatMap((file) => readRows(file)) });
  await document(rows);
  return 0;
}

async function document(rows: readonly Row[], obstacles: ReadonlyMap<string, string> = new Map()): Promise<void> {
  const plan = {
    workloads: WORKLOADS,
    policies: POLICY_NAMES.map((name) => present(policyNamed(name), name)),
    repeats: REPEATS,
    obstacles,
  };
  const [cpu] = cpus();
  const machine = { cores: cpus().length, cpu: cpu?.model ?? 'unknown CPU', node: process.version };
  const full = cellsNotRun(rows, plan).length === 0;
  const written = await writeDocument(packageRoot, DOCUMENT, writeReport(rows, { full, plan, machine }));
  console.error(`written: ${written.join(', ')}`);
}

/** Before any file is touched: there may be nothing to run for. */
async function requireFreeMachine(signal: AbortSignal): Promise<void> {
  const release = await takeMachine(signal);
  try {
    await requireAlone(signal);
  } finally {
    await release();
  }
}

function openStore({ json, resume }: { json: string | undefined; resume: string | undefined }): RowStore {
  const rows = resume === undefined ? [] : readRows(resume);
  if (json !== undefined) {
    mkdirSync(dirname(json), { recursive: true });
    // Hours of work may be in it.
    if (json !== resume && existsSync(json)) renameSync(json, `${json}~`);
  }
  const store = new RowStore({ path: json, rows });
  store.save();
  return store;
}

function requireBuild(): void {
  if (existsSync(join(packageRoot, 'dist', 'src', 'cli', 'main.js'))) return;
  throw new Refusal('ksmpilot is not built yet', 'run npm run build first.');
}

function goOn({ path, rows }: RowStore): string {
  if (path === undefined) return 'The rows are lost, as no --json FILE was given.';
  return `${rows.length} rows are in ${path}; to go on: the same options and --resume ${path}`;
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new UsageError(`there is no ${name}`);
  return value;
}

/** The first signal ends the present cell and puts everything back; the second waits for that as well. */
class Interrupt {
  readonly #controller = new AbortController();
  code: number | undefined;
  readonly #listeners = Object.entries(SIGNALS).map(([name, code]) => {
    const listener = (): void => {
      if (this.code === undefined) process.stderr.write(`\n${name}: ending this cell, putting everything back\n`);
      this.code ??= code;
      this.#controller.abort(new Error(name));
    };
    process.on(name, listener);
    return { name, listener };
  });

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    for (const { name, listener } of this.#listeners) process.off(name, listener);
  }
}
