/** Command line of the contest. */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allCases, type Case } from './cases.js';
import type { Standing } from './contest.js';
import { withTables } from './markdown.js';
import { play } from './play.js';
import { netsTable, standingsTable, sumsTable } from './table.js';
import { trace } from './trace.js';

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      price: { type: 'string', multiple: true, default: ['4,8,16'] },
      all: { type: 'boolean', default: false },
      pairs: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const prices = values.price.flatMap((list) => list.split(',')).map(Number);
  const cases = allCases().filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  if (values.trace) {
    for (const one of cases) for (const price of prices) follow(one, price);
    return 0;
  }
  const names = cases.map(({ name }) => name);
  const began = performance.now();
  const standings = await play(names, prices, values.pairs, (name, done) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    process.stderr.write(`${done}/${names.length} after ${seconds} s: ${name}\n`);
  });
  const text = [
    ...standingsTable(standings),
    '',
    ...sumsTable(standings),
    ...(values.all ? ['', ...netsTable(standings)] : []),
    '',
  ].join('\n');
  process.stdout.write(text);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(standings.map(plain), null, 1)}\n`);
  if (values.write) await writeDocument(standings);
  return 0;
}

async function writeDocument(standings: readonly Standing[]): Promise<void> {
  const path = fileURLToPath(new URL('../../docs/simulator.md', import.meta.url));
  writeFileSync(path, await withTables(readFileSync(path, 'utf8'), standings));
}

function follow(one: Case, price: number): void {
  process.stdout.write(`\n${one.name} at ${price}: ${one.workload.what}\n`);
  trace(one, price, (line) => process.stdout.write(`${line}\n`));
}

function plain({ case: { name }, price, nets, best, loss, broken, pilot }: Standing): object {
  const { points: _, ...rest } = pilot;
  return { case: name, price, nets: Object.fromEntries(nets), best, loss, broken, pilot: rest };
}
