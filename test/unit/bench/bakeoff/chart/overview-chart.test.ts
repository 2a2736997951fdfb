import { expect, it } from 'vitest';
import { overviewChart } from '../../../../../bench/bakeoff/chart/overview-chart.js';
import { contests } from '../../../../../bench/bakeoff/compare.js';
import type { Row } from '../../../../../bench/bakeoff/types.js';
import { rowWith } from '../../../../helpers/bakeoff-rows.js';

const row = (workload: string, policy: string, net_8: number): Row =>
  rowWith({ workload, policy, net_8, price: policy === 'ksmpilot' ? 8 : null });

const ROWS = [
  row('storm', 'off', 0),
  row('storm', 'fixed:1250/10', -1),
  row('storm', 'fixed:5000/10', -40),
  row('storm', 'default', 1),
  row('storm', 'ksmpilot', 3),
  row('idle', 'off', 0),
];

const svg = overviewChart(contests(ROWS), 8) ?? '';

it('has a line for each workload and a place for each policy', () => {
  expect(svg).toContain('>storm</text>');
  expect(svg).toContain('>idle</text>');
  // Each kind of policy once in the legend; ours is the only circle.
  expect(svg.match(/<circle class="f-blue"/g)).toHaveLength(2);
});

it('sets better further to the right', () => {
  const xs = [...svg.matchAll(/<circle class="f-blue" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  const zero = Number(/<path class="thin s-ink-soft" d="M([\d.]+) /.exec(svg)?.[1]);
  expect(xs.at(-1)).toBeGreaterThan(zero);
});

it('puts those far behind at the edge instead of squeezing all others', () => {
  expect(svg.match(/>◂<\/text>/g)).toHaveLength(1);
  expect(svg).toMatch(/◂ left of −1\.\d/);
  const near = overviewChart(contests(ROWS.filter(({ policy }) => policy !== 'fixed:5000/10')), 8) ?? '';
  expect(near).not.toContain('◂');
});

it('is not drawn where nothing has run', () => {
  expect(overviewChart(contests([]), 8)).toBeUndefined();
});

it('stands for a host where all nets are the same', () => {
  expect(overviewChart(contests([row('idle', 'off', 0)]), 8)).not.toMatch(/NaN|Infinity/);
});
