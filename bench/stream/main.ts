/** Command line of the stream bench; see ../stream.mjs. */

import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/agent/paths.js';
import { formatTable } from '../../src/cli/format-table.js';
import { enterKernel } from '../../test/helpers/kernel-lock.js';
import { saveKnobs } from '../../test/helpers/knobs.js';
import { writePart } from '../document-part.js';
import { measureLatency, type Latency } from './latency.js';
import { markdown, misses, tables, type Measured } from './report.js';
import { measureThroughput, type Load, type Throughput } from './throughput.js';

const READERS = [1, 10, 100];
/** As many as an agent puts into one frame at most. */
const BATCH = 1024;
const ROWS = 1000;

const LOADS: readonly Load[] = [
  ...READERS.map((readers) => events('events, up to 1,024 a frame', readers, BATCH)),
  ...READERS.map((readers) => events('events, one a frame', readers, 1)),
  ...READERS.map((readers) => samples('samples', readers, 0)),
  samples('samples with 1,000 processes', 1, ROWS),
];

/** @returns exit code: 0 all targets kept, 1 one missed, or the host says no */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      readers: { type: 'string', default: READERS.join(',') },
      'no-browser': { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const { quick, only } = values;
  if (only !== undefined && !['throughput', 'latency'].includes(only)) {
    throw new RangeError('--only takes throughput or latency');
  }
  const throughput: Throughput[] = [];
  if (only !== 'latency') {
    const readers = new Set(values.readers.split(',').map(Number));
    for (const load of LOADS.filter((one) => readers.has(one.readers))) {
      process.stderr.write(`${load.name}, ${load.readers} readers\n`);
      throughput.push(await measureThroughput(load, quick ? 1.5 : 6));
    }
  }
  let latency: Latency | undefined;
  if (only !== 'throughput') {
    const { obstacle, leave } = await enterKernel();
    if (obstacle !== undefined) {
      process.stderr.write(`No latency measured: ${obstacle}\n`);
      return 1;
    }
    const knobs = saveKnobs();
    try {
      process.stderr.write('latency\n');
      latency = await measureLatency({ seconds: quick ? 15 : 60, browser: !values['no-browser'] });
    } finally {
      await knobs.restore();
      leave();
    }
  }
  const measured: Measured = { host: host(), throughput, latency };
  for (const { heads, rows } of tables(measured)) {
    const columns = heads.map((head, index) => ({ head, align: index === 0 ? ('left' as const) : ('right' as const) }));
    process.stdout.write(`${formatTable(columns, rows).join('\n')}\n\n`);
  }
  for (const line of misses(measured)) process.stdout.write(`MISSED: ${line}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`);
  if (values.write) await writePart(join(packageRoot, 'docs', 'stream.md'), 'bench:stream', markdown(measured));
  return misses(measured).length === 0 ? 0 : 1;
}

function events(name: string, readers: number, maxBatch: number): Load {
  return { name, what: 'events', readers, maxBatch, processes: 0 };
}

function samples(name: string, readers: number, processes: number): Load {
  return { name, what: 'samples', readers, maxBatch: 1, processes };
}

function host(): string {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, Linux ${release()}, ${cpus().length} CPUs, Node ${process.versions.node}`;
}
