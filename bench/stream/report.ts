/** What was measured, as tables, and whether it keeps the targets. Pure. */

import { markdownTable } from '../document-part.js';
import type { Latency } from './latency.js';
import type { Throughput } from './throughput.js';

export interface Measured {
  readonly host: string;
  readonly throughput: readonly Throughput[];
  readonly latency: Latency | undefined;
}

const LEAST_EVENTS_PER_SEC = 500_000;
/** Of the interval. */
const MOST_LATENESS = 1.2;

export function misses({ throughput, latency }: Measured): string[] {
  const missed: string[] = [];
  const toOne = throughput.filter(({ what, readers }) => what === 'events' && readers === 1);
  const most = Math.max(...toOne.map(({ perSec, lost }) => (lost === 0 ? perSec : 0)));
  if (toOne.length > 0 && most < LEAST_EVENTS_PER_SEC) {
    missed.push(`one reader gets ${count(most)} events a second, wanted ${count(LEAST_EVENTS_PER_SEC)}`);
  }
  if (latency !== undefined) {
    for (const { to, p99Ms, untold } of latency.rows.filter((row) => row.to.startsWith('gRPC client'))) {
      const intervals = p99Ms / latency.intervalMs;
      if (!(intervals < MOST_LATENESS)) missed.push(`${to}: p99 is ${intervals.toFixed(2)} intervals`);
      if (untold > 0) missed.push(`${to}: ${untold} breaks were never told`);
    }
  }
  return missed;
}

const THROUGHPUT = [
  'what',
  'readers',
  'a reader, a second',
  'all readers',
  'frames',
  'lost',
  'CPU us of the agent',
  'of the reader',
];
const LATENCY = ['from a COW break to', 'breaks', 'p50', 'p99', 'p99, intervals', 'most'];

export function tables(measured: Measured): { readonly heads: string[]; readonly rows: string[][] }[] {
  const { throughput, latency } = measured;
  return [
    {
      heads: THROUGHPUT,
      rows: throughput.map((one) => [
        one.name,
        String(one.readers),
        count(one.perReaderPerSec),
        count(one.perSec),
        count(one.framesPerSec),
        String(one.lost),
        one.serverUs.toFixed(2),
        one.readerUs.toFixed(2),
      ]),
    },
    {
      heads: LATENCY,
      rows: (latency?.rows ?? []).map(({ to, events, p50Ms, p99Ms, maxMs }) => [
        to,
        String(events),
        `${p50Ms.toFixed(0)} ms`,
        `${p99Ms.toFixed(0)} ms`,
        (p99Ms / (latency?.intervalMs ?? NaN)).toFixed(2),
        `${maxMs.toFixed(0)} ms`,
      ]),
    },
  ].filter(({ rows }) => rows.length > 0);
}

export function markdown(measured: Measured): string {
  const missed = misses(measured);
  return [
    `Measured on ${measured.host}.`,
    ...tables(measured).map(({ heads, rows }) => markdownTable(heads, rows)),
    missed.length === 0 ? 'Every target is kept.' : missed.map((line) => `- ${line}`).join('\n'),
  ].join('\n\n');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
