/** Command line of the benchmark of `ksmpilot estimate`. */

import { parseArgs } from 'node:util';
import { formatTable } from '../../src/cli/format-table.js';
import { contentsObstacle } from '../../test/helpers/contents.js';
import { measureEstimates, type Speed } from './estimates.js';
import { measureReads } from './reads.js';

/** The least at 1 % sampling, GiB of address space a second. */
const LIMIT = 1;

const PAGES_PER_GIB = 2 ** 18;

/** @returns exit code: 0 fast enough, 1 not, or the host says no */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      gib: { type: 'string', default: '1' },
      repeats: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const obstacle = contentsObstacle();
  if (obstacle !== undefined) {
    process.stderr.write(`Nothing measured: ${obstacle}\n`);
    return 1;
  }
  const size = {
    pages: Math.round(positive('gib', values.gib) * PAGES_PER_GIB),
    repeats: positive('repeats', values.repeats),
  };
  const reads = await measureReads(size);
  const estimates = await measureEstimates(size);
  if (values.json) process.stdout.write(`${JSON.stringify({ reads, estimates }, null, 2)}\n`);
  else process.stdout.write(`${[...table('READ', reads), '', ...table('ESTIMATE', estimates)].join('\n')}\n`);
  // By CPU time: on a machine with other work, wall time is what that leaves. Alone, the two are the same.
  const slowest = Math.min(...estimates.filter(({ ratePct }) => ratePct === 1).map((speed) => speed.gibPerCpuSec));
  process.stderr.write(`1 % sampling: ${slowest.toFixed(2)} GiB of address space a CPU second, wanted ${LIMIT}\n`);
  return slowest >= LIMIT ? 0 : 1;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} takes a number above 0`);
  return value;
}

function table(head: string, speeds: readonly Speed[]): string[] {
  return formatTable(
    [{ head }, ...['GiB/s best', 'median', 'by CPU time'].map((name) => ({ head: name, align: 'right' as const }))],
    speeds.map(({ what, gibPerSec, gibPerCpuSec }) => [
      what,
      gibPerSec.best.toFixed(2),
      gibPerSec.median.toFixed(2),
      gibPerCpuSec.toFixed(2),
    ]),
  );
}
