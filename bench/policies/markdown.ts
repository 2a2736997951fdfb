/** The table of docs/simulator.md: a row for each case, the prices beside each other. */

import { format } from 'prettier';
import type { Standing } from './contest.js';
import { figure } from './table.js';

const BEGIN = '<!-- begin: node bench/policies.mjs --write -->';
const END = '<!-- end -->';

/** The document with the tables between its two marks replaced. */
export async function withTables(document: string, standings: readonly Standing[]): Promise<string> {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) throw new RangeError(`docs/simulator.md lacks ${BEGIN} or ${END}`);
  const table = await format(markdown(standings), { parser: 'markdown' });
  return `${document.slice(0, from + BEGIN.length)}\n\n${table}\n${document.slice(to)}`;
}

function markdown(standings: readonly Standing[]): string {
  const prices = [...new Set(standings.map(({ price }) => price))];
  const cases = [...new Set(standings.map((one) => one.case.name))];
  const heads = [
    'case',
    ...prices.flatMap((price) => [`best other at ${price}`, 'net', 'ksmpilot']),
    'ksmd %',
    'to 95 %',
    'cap',
  ];
  const rule = heads.map((head, n) => (n === 0 || head.startsWith('best') ? '---' : '--:'));
  const rows = cases.map((name) => {
    const here = standings.filter((one) => one.case.name === name);
    return [name, ...here.flatMap((one) => cellsOf(one)), ...cpuAndTime(here)];
  });
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Bold where ksmpilot is short by more than issue 3 allows. */
function cellsOf({ best, nets, loss }: Standing): readonly string[] {
  const own = figure(nets.get('ksmpilot') ?? 0);
  return [best.name, figure(best.net), loss > 0 ? `**${own}**` : own];
}

/** At the price in the middle. */
function cpuAndTime(here: readonly Standing[]): readonly string[] {
  const middle = here[Math.floor(here.length / 2)];
  if (middle === undefined) return [];
  const { pilot, capT95Sec } = middle;
  const share = ((100 * pilot.ksmdCpuSec) / pilot.seconds).toFixed(2);
  return [share, pilot.t95Sec === null ? '-' : `${pilot.t95Sec} s`, capT95Sec === null ? '-' : `${capT95Sec} s`];
}
