import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { bpftraceVersion } from '../../src/agent/probes/bpftrace.js';
import { packageRoot } from '../../src/agent/paths.js';
import { guestObstacle } from '../../test/helpers/guest.js';
import { enterKernel } from '../../test/helpers/kernel-lock.js';
import { saveKnobs } from '../../test/helpers/knobs.js';
import { UsageError } from '../bakeoff/refusal.js';
import { Interrupt } from './interrupt.js';
import { measure } from './measure.js';
import { HELP, readOptions, type Options } from './options.js';
import { renderReport } from './report.js';
import type { Row } from './rows.js';

const DOCUMENT = 'docs/overhead.md';

/** @returns exit code: 0 measured, 1 the host says no, 2 wrong usage, 130 and up interrupted */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options.kind === 'run') return await run(options);
    console.log(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench:probes: ${error.message}\nTry --help.`);
    return 2;
  }
}

async function run(options: Extract<Options, { kind: 'run' }>): Promise<number> {
  const interrupt = new Interrupt();
  const { obstacle, leave } = await enterKernel();
  try {
    const why = obstacle ?? guestObstacle();
    if (why !== undefined) {
      console.error(`Nothing measured: ${why}`);
      return 1;
    }
    const knobs = saveKnobs();
    try {
      const rows = await measureAll(options, interrupt.signal);
      if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
      console.log(renderReport(rows));
      if (options.write) await writeDocument(rows);
      return 0;
    } catch (error) {
      if (interrupt.code === undefined) throw error;
      console.error('Interrupted; nothing is attached any more, knobs are as they were found.');
      return interrupt.code;
    } finally {
      await knobs.restore();
    }
  } finally {
    leave();
    interrupt.release();
  }
}

/** As the checkout wants it formatted. */
async function writeDocument(rows: readonly Row[]): Promise<void> {
  const path = join(packageRoot, DOCUMENT);
  writeFileSync(path, await format(renderReport(rows), { ...(await resolveConfig(path)), parser: 'markdown' }));
}

async function measureAll(options: Extract<Options, { kind: 'run' }>, signal: AbortSignal): Promise<readonly Row[]> {
  const [loadBefore = NaN] = loadavg();
  const { rows, missing } = await measure(options, signal, (text) => void process.stderr.write(`${text}\n`));
  const [loadAfter = NaN] = loadavg();
  const machine = {
    part: 'machine' as const,
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    cpus: cpus().length,
    bpftrace: await bpftraceVersion('bpftrace'),
    loadBefore,
    loadAfter,
    quick: options.quick,
    missing,
  };
  return [machine, ...rows];
}
