/** Command line of the benchmark of a decision. */

import { parseArgs } from 'node:util';
import { formatTable } from '../../src/cli/format-table.js';
import { measure, type Measured, type Times } from './measure.js';

/** A decision for 1,000 guests is to take less CPU than this at the 99th percentile. Milliseconds. */
const LIMIT_MS = 1;

export function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      guests: { type: 'string', default: '1000' },
      ticks: { type: 'string', default: '20000' },
      'long-ticks': { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
    },
  });
  const sizes = {
    guests: count('guests', values.guests),
    ticks: count('ticks', values.ticks),
    longTicks: count('long-ticks', values['long-ticks']),
  };
  const measured = measure(sizes, (ticks) => process.stderr.write(`tick ${ticks}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(measured, null, 2)}\n` : `${text(measured)}\n`);
  return measured.cpu.p99 < LIMIT_MS ? 0 : 1;
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`--${name} takes a whole number from 1 up`);
  return number;
}

function text(m: Measured): string {
  const row = (name: string, { median, p99, max }: Times): string[] => [name, ...[median, p99, max].map(micro)];
  const table = formatTable(
    [{ head: `${m.guests} guests, ${m.ticks} ticks` }, ...['median us', 'p99 us', 'max us'].map(right)],
    [row('observe()', m.observe), row('step()', m.step), row('both', m.both), row('both, CPU time', m.cpu)],
  );
  const kib = (m.heapAfter - m.heapBefore) / 1024;
  const phases = Object.entries(m.phases).map(([phase, ticks]) => `${phase} ${ticks}`);
  return [
    ...table,
    '',
    `heap after ${m.longTicks} ticks: ${(m.heapAfter / 2 ** 20).toFixed(1)} MiB, ${kib.toFixed(0)} KiB more than when warm`,
    `state of the policy: ${m.stateChars} characters at most`,
    `ticks in each phase: ${phases.join(', ')}`,
  ].join('\n');
}

function right(head: string): { readonly head: string; readonly align: 'right' } {
  return { head, align: 'right' };
}

function micro(ms: number): string {
  return (ms * 1000).toFixed(1);
}
