import { describe, expect, it } from 'vitest';
import { workloadChart } from '../../../../../bench/bakeoff/chart/workload-chart.js';
import { contest } from '../../../../../bench/bakeoff/compare.js';
import type { Row } from '../../../../../bench/bakeoff/types.js';
import { rowWith, toyRow } from '../../../../helpers/bakeoff-rows.js';

const ROWS = [
  toyRow({ policy: 'off', mergeSec: Infinity, busy: 0 }),
  toyRow({ policy: 'fixed:25/20', mergeSec: 200, busy: 0.01 }),
  toyRow({ policy: 'fixed:1250/10', mergeSec: 20, busy: 0.1 }),
  toyRow({ policy: 'cap', mergeSec: 5 }),
  toyRow({ policy: 'ksmpilot', price: 8, mergeSec: 6 }),
];

const chart = (rows: readonly Row[]): string => workloadChart(contest(rows, 'storm', 8), 'guests <start>') ?? '';

/** The corners of the lines of a class. */
function lines(svg: string, classes: string): [number, number][][] {
  return [...svg.matchAll(new RegExp(`<path class="${classes}" d="M([^"]+)"`, 'g'))].map(([, path = '']) =>
    path.split('L').map((corner) => corner.split(' ').map(Number) as [number, number]),
  );
}

describe('the chart of a workload', () => {
  const svg = chart(ROWS);

  it('shows of each kind of policy the best, with its net', () => {
    const text = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, words]) => words);
    const best = contest(ROWS, 'storm', 8).bestFixed;
    for (const words of [
      'storm',
      'guests &lt;start&gt;',
      'ksmpilot',
      'off',
      best?.policy ?? '',
      'reachable',
      'memory saved, MiB',
      'seconds',
    ])
      expect(text).toContain(words);
    expect(text.filter((words) => words?.startsWith('fixed:'))).toHaveLength(1);
    expect(text).not.toContain('cap');
  });

  it('draws the saving above and CPU below, both from left to right within the picture', () => {
    const [saved, cpu] = lines(svg, 'line s-blue ours');
    for (const line of [saved, cpu]) {
      const xs = (line ?? []).map(([x]) => x);
      expect(xs).toEqual(xs.toSorted((a, b) => a - b));
      expect(xs.length).toBeGreaterThan(100);
    }
    expect(Math.max(...(saved ?? []).map(([, y]) => y))).toBeLessThan(Math.min(...(cpu ?? []).map(([, y]) => y)));
    // More is higher up.
    expect(saved?.at(-1)?.[1]).toBeLessThan(saved?.[0]?.[1] ?? 0);
    expect(cpu?.at(-1)?.[1]).toBeLessThan(cpu?.[0]?.[1] ?? 0);
  });

  it('shows what was reachable as a dashed line that no saving crosses', () => {
    const [reachable] = lines(svg, 'thin dash s-ink-soft');
    const top = Math.min(...(reachable ?? []).map(([, y]) => y));
    for (const color of ['blue ours', 'green', 'grey'])
      for (const [, y] of lines(svg, `line s-${color}`)[0] ?? []) expect(y).toBeGreaterThanOrEqual(top);
  });

  it('is not drawn without a trace', () => {
    expect(workloadChart(contest([rowWith({ policy: 'off' })], 'storm', 8), '')).toBeUndefined();
    expect(workloadChart(contest([], 'storm', 8), '')).toBeUndefined();
  });
});
