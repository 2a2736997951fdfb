/** The tables. */

import { formatTable } from '../../src/cli/format-table.js';
import type { Standing } from './contest.js';

/** Each case and price: ksmpilot beside the best of the others. */
export function standingsTable(standings: readonly Standing[]): readonly string[] {
  const heads = [
    'case',
    'price',
    'best of the others',
    'its net',
    'ksmpilot',
    'short by',
    'ksmd %',
    'tail %',
    'to 95 %',
    'cap',
    'pairs',
    'broken',
  ];
  const columns = heads.map((head, n) => ({
    head,
    align: n === 0 || n === 2 || n === 11 ? ('left' as const) : ('right' as const),
  }));
  const rows = standings.map((one) => {
    const { pilot, best } = one;
    const own = one.nets.get('ksmpilot') ?? 0;
    return [
      one.case.name,
      String(one.price),
      best.name,
      figure(best.net),
      figure(own),
      best.net > own ? figure(best.net - own) : '',
      ((100 * pilot.ksmdCpuSec) / pilot.seconds).toFixed(2),
      pilot.tailCpuPct.toFixed(2),
      pilot.t95Sec === null ? '-' : String(pilot.t95Sec),
      one.capT95Sec === null ? '-' : String(one.capT95Sec),
      one.pairs === null ? '' : `${figure(one.pairs.net)} every ${one.pairs.name.slice(6)} s`,
      one.broken.join(', '),
    ];
  });
  return formatTable(columns, rows);
}

/** Net of every policy, summed over the cases of each host size. */
export function sumsTable(standings: readonly Standing[]): readonly string[] {
  const groups = new Map<string, Map<string, number>>();
  for (const one of standings) {
    const key = `${one.case.name.split('/')[0] ?? ''} at ${one.price}`;
    const sums = groups.get(key) ?? new Map<string, number>();
    groups.set(key, sums);
    for (const [name, net] of one.nets) sums.set(name, (sums.get(name) ?? 0) + net);
  }
  const names = [...(standings[0]?.nets.keys() ?? [])];
  const columns = ['policy', ...groups.keys()].map((head, n) => ({
    head,
    align: n === 0 ? ('left' as const) : ('right' as const),
  }));
  return formatTable(
    columns,
    names.map((name) => [name, ...[...groups.values()].map((sums) => figure(sums.get(name) ?? 0))]),
  );
}

/** Net of every policy in every case. */
export function netsTable(standings: readonly Standing[]): readonly string[] {
  const names = [...(standings[0]?.nets.keys() ?? [])];
  const columns = ['case', 'price', ...names].map((head, n) => ({
    head,
    align: n === 0 ? ('left' as const) : ('right' as const),
  }));
  return formatTable(
    columns,
    standings.map((one) => [one.case.name, String(one.price), ...names.map((name) => figure(one.nets.get(name) ?? 0))]),
  );
}

/** Three digits or all before the point. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}
