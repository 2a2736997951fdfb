import { medianT95, namesOf, netAt, OURS, REFERENCE, repeatsOf } from './compare.js';
import { fixed } from './report/format.js';
import { PRICES } from './score.js';
import { median } from './statistics.js';
import type { Row } from './types.js';

const HEAD = [
  '',
  ...PRICES.map((price) => `net ${price}`),
  'saved GiB s',
  'of',
  'ksmd s',
  'agent s',
  't95 s',
  'peak %',
  'tail %',
  'runs',
];

/**
 * Medians as a table for a terminal: a block for each workload, a line for each policy, ours once for each price with its net at
 * that price only. `*` marks the best net of a workload at a price.
 */
export function summary(rows: readonly Row[]): string {
  const blocks = namesOf(rows, 'workload').map((workload) =>
    block(
      workload,
      rows.filter((row) => row.workload === workload),
    ),
  );
  return aligned(blocks).join('\n\n');
}

interface Line {
  readonly label: string;
  readonly rows: readonly Row[];
  /** By price; undefined where the runs were made for another one. */
  readonly nets: readonly (number | undefined)[];
  readonly contestant: boolean;
}

function block(workload: string, rows: readonly Row[]): string[][] {
  const lines = namesOf(rows, 'policy').flatMap((policy): Line[] => linesOf(rows, workload, policy));
  const best = PRICES.map((_, index) =>
    Math.max(...lines.flatMap(({ nets, contestant }) => (contestant ? (nets[index] ?? []) : []))),
  );
  const cells = lines.map((line) => [
    line.label,
    ...line.nets.map((net, index) =>
      net === undefined ? '' : `${line.contestant && net === best[index] ? '*' : ''}${fixed(net, 2)}`,
    ),
    ...figures(line.rows),
  ]);
  return [[workload, ...HEAD.slice(1)], ...cells];
}

function linesOf(rows: readonly Row[], workload: string, policy: string): Line[] {
  const entrants =
    policy === OURS
      ? PRICES.map((price) => ({
          label: `${policy} at ${price}`,
          prices: [price],
          rows: repeatsOf(rows, workload, policy, price),
        }))
      : [{ label: policy, prices: [...PRICES], rows: repeatsOf(rows, workload, policy, PRICES[0]) }];
  return entrants
    .filter((entrant) => entrant.rows.length > 0)
    .map(({ label, prices, rows: repeats }) => ({
      label,
      rows: repeats,
      nets: PRICES.map((price) =>
        prices.includes(price) ? median(repeats.map((row) => netAt(row, price))) : undefined,
      ),
      contestant: policy !== REFERENCE,
    }));
}

function figures(rows: readonly Row[]): string[] {
  const middle = (pick: (row: Row) => number): number => median(rows.map(pick)) ?? 0;
  const t95 = medianT95(rows);
  return [
    fixed(
      middle((row) => row.saved_gib_s),
      2,
    ),
    fixed(
      middle((row) => row.reachable_gib_s),
      2,
    ),
    fixed(
      middle((row) => row.ksmd_cpu_s),
      2,
    ),
    fixed(
      middle((row) => row.agent_cpu_s),
      2,
    ),
    t95 === null || t95 === undefined ? '-' : fixed(t95, 1),
    fixed(
      middle((row) => row.peak_10s_cpu_pct),
      1,
    ),
    fixed(
      middle((row) => row.tail_cpu_pct),
      1,
    ),
    fixed(rows.length, 0),
  ];
}

/** The first column left, the others right, alike in all blocks. */
function aligned(blocks: readonly (readonly (readonly string[])[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...blocks.flat().map((line) => line[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return blocks.map((lines) => lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n'));
}
