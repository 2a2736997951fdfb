/** Command line of the footprint bench; see ../footprint.mjs. */

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/agent/paths.js';
import { enterKernel } from '../../test/helpers/kernel-lock.js';
import { saveKnobs, writeKnobs } from '../../test/helpers/knobs.js';
import { writePart } from '../document-part.js';
import { measureRow, type Row } from './measure.js';
import { markdown, misses, text, type Document } from './report.js';

/** ksmd goes through a thousand guests in a minute: there is merging and breaking all the time. */
const KNOBS = { run: 1, pages_to_scan: 200, sleep_millisecs: 20 };
const DOCUMENT = join(packageRoot, 'docs', 'footprint.md');

/** @returns exit code: 0 all targets kept, 1 one missed, or the host says no */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      guests: { type: 'string', default: '1,100,1000' },
      kib: { type: 'string', default: '1024' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const sizes = values.guests.split(',').map((one) => count('guests', one));
  const kib = count('kib', values.kib);
  const { obstacle, leave } = await enterKernel();
  if (obstacle !== undefined) {
    process.stderr.write(`Nothing measured: ${obstacle}\n`);
    return 1;
  }
  const knobs = saveKnobs();
  const rows: Row[] = [];
  try {
    writeKnobs(KNOBS);
    for (const guests of sizes) {
      rows.push(
        await measureRow({ guests, kib, seconds: values.quick ? 12 : 60, profileDir: values.profile }, (what) =>
          process.stderr.write(`${what}\n`),
        ),
      );
    }
  } finally {
    await knobs.restore();
    leave();
  }
  const document: Document = { host: hostOf(), kib, rows };
  process.stdout.write(`${text(rows)}\n`);
  for (const line of misses(rows)) process.stdout.write(`MISSED: ${line}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
  if (values.write) await writePart(DOCUMENT, 'bench:footprint', markdown(document));
  return misses(rows).length === 0 ? 0 : 1;
}

export function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`--${name} takes whole numbers from 1 up`);
  return number;
}

function hostOf(): Document['host'] {
  return {
    kernel: release(),
    cpus: cpus().length,
    cpu: /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown',
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}
