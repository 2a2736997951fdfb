/** What was measured as tables, and whether it keeps the targets. Pure. */

import { markdownTable } from '../document-part.js';
import type { Cost, Row, Window } from './measure.js';

export interface Host {
  readonly kernel: string;
  readonly cpus: number;
  readonly cpu: string;
  readonly node: string;
  readonly date: string;
}

export interface Document {
  readonly host: Host;
  readonly kib: number;
  readonly rows: readonly Row[];
}

/** Most that agent and probes together may take: per cent of one core up to so many guests, and MiB of private memory. */
const TARGETS = [
  { guests: 100, cpuPct: 1, privateMib: 150 },
  { guests: 1000, cpuPct: 4, privateMib: undefined },
] as const;

/** What is missed, one sentence each. */
export function misses(rows: readonly Row[]): string[] {
  return rows.flatMap(({ guests, quiet }) => {
    const target = TARGETS.find((one) => guests <= one.guests);
    if (target === undefined) return [];
    const { cpuPct, privateMib } = together(quiet);
    const missed: string[] = [];
    if (!(cpuPct < target.cpuPct)) {
      missed.push(`${guests} guests: agent and probes take ${cpuPct.toFixed(2)} % of a core, wanted ${target.cpuPct}`);
    }
    if (target.privateMib !== undefined && !(privateMib < target.privateMib)) {
      missed.push(`${guests} guests: they hold ${privateMib.toFixed(0)} MiB, wanted ${target.privateMib}`);
    }
    return missed;
  });
}

/** The agent and its probes. */
export function together({ agent, probes }: Window): Cost {
  const add = (of: (cost: Cost) => number): number => [agent, probes].reduce((n, one) => n + (one ? of(one) : 0), 0);
  return {
    cpuPct: add(({ cpuPct }) => cpuPct),
    privateMib: add(({ privateMib }) => privateMib),
    dirtyMib: add(({ dirtyMib }) => dirtyMib),
    pssMib: add(({ pssMib }) => pssMib),
  };
}

const HEADS = ['guests', 'what runs', 'nobody looks: CPU', 'private (dirty)', 'a page is open: CPU', 'private (dirty)'];

export function cells(rows: readonly Row[]): string[][] {
  return rows.flatMap(({ guests, quiet, page }) => [
    [String(guests), 'agent', ...both(quiet.agent, page.agent)],
    ['', 'bpftrace', ...both(quiet.probes, page.probes)],
    ['', '**agent and bpftrace**', ...both(together(quiet), together(page))],
    ['', 'page (`ksmpilot web`)', ...both(quiet.web, page.web)],
    ['', 'node_exporter', ...both(quiet.exporter, page.exporter)],
  ]);
}

export function markdown({ host, kib, rows }: Document): string {
  const busy = rows.map(
    ({ guests, nothing, quiet }) =>
      `${guests} guests: ${nothing.hostBusyPct.toFixed(1)} % without, ${quiet.hostBusyPct.toFixed(1)} % with`,
  );
  return [
    `Measured ${host.date} on Linux ${host.kernel}, ${host.cpus} CPUs (${host.cpu}), Node ${host.node}: guests of ${kib} KiB,`,
    `${rows[0]?.quiet.seconds.toFixed(0) ?? '0'} s a window. CPU is per cent of one core.`,
    '',
    markdownTable(HEADS, cells(rows)),
    '',
    `All that the host's CPUs did, per cent of one core, without any of these programs and with all of them: ${busy.join('; ')}.`,
    '',
    ...(misses(rows).length === 0 ? ['Every target is kept.'] : misses(rows).map((line) => `- ${line}`)),
  ].join('\n');
}

export function text(rows: readonly Row[]): string {
  return [HEADS, ...cells(rows)].map((line) => line.map((cell, n) => cell.padEnd(n < 2 ? 24 : 20)).join('')).join('\n');
}

function both(quiet: Cost | undefined, page: Cost | undefined): string[] {
  return [quiet, page].flatMap((cost) =>
    cost === undefined
      ? ['–', '–']
      : [`${cost.cpuPct.toFixed(2)} %`, `${cost.privateMib.toFixed(0)} MiB (${cost.dirtyMib.toFixed(0)})`],
  );
}
