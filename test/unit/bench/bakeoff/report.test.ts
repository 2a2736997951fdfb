import { describe, expect, it } from 'vitest';
import { writeReport } from '../../../../bench/bakeoff/report.js';
import type { Row } from '../../../../bench/bakeoff/types.js';
import { rowWith, toyRow } from '../../../helpers/bakeoff-rows.js';

const POLICIES = ['off', 'default', 'fixed:1250/10', 'cap', 'ksmpilot'];
const PLAN = {
  workloads: [
    { name: 'storm', title: 'guests start' },
    { name: 'idle', title: 'nothing | happens' },
  ],
  policies: [...POLICIES, 'kata'].map((name) => ({ name, title: `what ${name} does` })),
  repeats: 3,
  obstacles: new Map([['kata', 'not to be had']]),
};

const ROWS: Row[] = PLAN.workloads.flatMap(({ name: workload }) =>
  POLICIES.flatMap((policy) =>
    (policy === 'ksmpilot' ? [4, 8, 16] : [null]).flatMap((price) =>
      [1, 2, 3].map((repeat) => {
        const mergeSec = { off: Infinity, default: 300, 'fixed:1250/10': 20, cap: 8, ksmpilot: 9 }[policy] ?? 1;
        return toyRow({
          workload,
          policy,
          price,
          repeat,
          mergeSec: mergeSec + repeat / 10,
          busy: 0.05,
          guestRate: 1000,
        });
      }),
    ),
  ),
);

const report = (rows: readonly Row[], plan = PLAN): ReturnType<typeof writeReport> =>
  writeReport(rows, { full: true, plan, machine: { cores: 2, cpu: 'a CPU', node: 'v20.0.0' } });

/** The cells of the tables below a heading. */
function cellsBelow(markdown: string, heading: string): string[][] {
  const text = markdown.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

describe('the report', () => {
  const { markdown, charts } = report(ROWS);

  it('says where, what and when it was measured', () => {
    expect(markdown).toContain('Linux 6.18.0, 2 cores, a CPU, Node v20.0.0.');
    expect(markdown).toContain('42 runs from 2026-01-02 03:04 to 2026-01-02 03:04.');
    expect(markdown).toContain('A COW break costs 2000 ns.');
    expect(markdown).toContain('npm run bench:bakeoff');
    expect(markdown).not.toContain('Not alike');
  });

  it('has a section for each price with ours, the best other, and every policy', () => {
    for (const price of [4, 8, 16]) {
      const cells = cellsBelow(markdown, `Price ${price}`);
      expect(cells.find(([first]) => first === 'storm')?.slice(1, 4)).toEqual(['won', 'fixed:1250/10', '1250/10']);
      expect(cells.filter(([first]) => first === '**ksmpilot**').length).toBeGreaterThan(0);
      expect(cells.filter(([first]) => first === 'cap')).toEqual([]);
    }
  });

  it('has median and spread as the rows have them', () => {
    const nets = ROWS.filter((row) => row.workload === 'storm' && row.policy === 'default').map((row) => row.net_8);
    const [least = NaN, middle = NaN, most = NaN] = nets.toSorted((a, b) => a - b).map((net) => net.toFixed(2));
    const cell = least === most ? String(middle) : `${middle} (${least} to ${most})`;
    expect(cellsBelow(markdown, 'Price 8').find(([first]) => first === 'default')?.[1]).toBe(cell.replaceAll('-', '−'));
  });

  it('marks what has not run, with the reason, and estimates nothing', () => {
    expect(markdown).toContain('- kata: all workloads (not to be had)');
    expect(markdown).toContain('see [Not run](#not-run)');
    const gap = report(ROWS.filter((row) => !(row.workload === 'idle' && row.policy === 'default'))).markdown;
    expect(cellsBelow(gap, 'Price 8').find(([first]) => first === 'default')?.[2]).toBe('not run');
    expect(cellsBelow(gap, 'CPU').find(([first]) => first === 'default')?.[2]).toBe('not run');
    expect(gap).toContain('- default: idle\n');
  });

  it('says never where 95 % were not reached, and shows the cap there', () => {
    const cells = cellsBelow(markdown, 'Time to 95 % of the reachable saving');
    expect(cells.find(([first]) => first === 'off')?.[1]).toBe('never');
    expect(cells.find(([first]) => first === 'cap')?.[1]).toMatch(/^7\.\d \(/);
  });

  it('refers to the charts that it has made, of this size at most', () => {
    const named = [...markdown.matchAll(/\]\(bakeoff\/([^)]+)\)/g)].map(([, name]) => name);
    expect(named).toEqual(charts.map(({ name }) => name));
    expect(named).toEqual(['overview.svg', 'storm.svg', 'idle.svg']);
    for (const { svg } of charts) expect(svg.length).toBeLessThan(40_000);
  });

  it('does not depend on the order of the rows', () => {
    expect(report(ROWS.toReversed()).markdown).toBe(markdown);
  });
});

describe('what we lose', () => {
  const lost = ROWS.map((row) =>
    row.policy === 'ksmpilot' && row.workload === 'idle'
      ? { ...row, ksmd_cpu_s: 9, net_4: -9, net_8: -9, net_16: -9 }
      : row,
  );

  it('is there in words', () => {
    const { markdown } = report(lost);
    const section = markdown.split('## Where we are behind, and why')[1]?.split('\n## ')[0] ?? '';
    expect(section).toMatch(
      /Lost:\n\n- \*\*idle, price 4\*\*: spent too much CPU\. Net −9\.00 against [\d.]+ of fixed:1250\/10/,
    );
    expect(cellsBelow(markdown, 'Price 8').find(([first]) => first === 'idle')?.[1]).toBe('**lost**');
    expect(markdown).toMatch(/\| \*\*missed\*\* \| price 8: on each workload/);
  });
});

describe('few rows', () => {
  it.each([
    ['none', []],
    ['one of another', [toyRow()]],
    ['one of ours', [toyRow({ policy: 'ksmpilot', price: 8 })]],
    ['one without a trace', [rowWith({ policy: 'off' })]],
    ['one that saved nothing', [toyRow({ reachableMib: 0, mergeSec: 1, busy: 0, idle: 0, guestRate: null })]],
  ])('%s: no figure is made up', (_, rows) => {
    for (const plan of [PLAN, undefined]) {
      const { markdown, charts } = writeReport(rows, { full: false, ...(plan && { plan }) });
      for (const text of [markdown, ...charts.map(({ svg }) => svg)])
        expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(markdown).toContain('Not complete enough to be accepted yet');
    }
  });
});
