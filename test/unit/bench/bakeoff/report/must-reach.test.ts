import { describe, expect, it } from 'vitest';
import { contests } from '../../../../../bench/bakeoff/compare.js';
import type { Check } from '../../../../../bench/bakeoff/report/must-reach.js';
import { mustReach } from '../../../../../bench/bakeoff/report/must-reach.js';
import type { Row } from '../../../../../bench/bakeoff/types.js';
import { rowWith } from '../../../../helpers/bakeoff-rows.js';

const WORKLOADS = ['storm', 'idle', 'volatile'];

/** A run in which all is met: ours at three prices, off, and the cap as the measure of t95. */
function good(workload: string): Row[] {
  const figures = { workload, window_s: 60, ksmd_cpu_s: 0.1, peak_10s_cpu_pct: 50, tail_cpu_pct: 0.4 };
  return [
    rowWith({ ...figures, policy: 'off', net_4: 0, net_8: 0, net_16: 0 }),
    rowWith({ ...figures, policy: 'fixed:25/20', net_4: 0, net_8: 0, net_16: 0, t95_s: 4 }),
    rowWith({ ...figures, policy: 'cap', t95_s: 8, peak_10s_cpu_pct: 60 }),
    ...[4, 8, 16].map((price) =>
      rowWith({ ...figures, policy: 'ksmpilot', price, net_4: 1, net_8: 1, net_16: 1, t95_s: 10 }),
    ),
  ];
}

const GOOD = WORKLOADS.flatMap(good);

const check = (rows: readonly Row[], demand: RegExp): Check => {
  const found = mustReach(rows, contests(rows), WORKLOADS).filter((one) => demand.test(one.demand));
  const [first] = found;
  if (first === undefined) throw new Error(`no demand is like ${String(demand)}`);
  return first;
};

const changed = (figures: Partial<Row>, ...of: readonly string[]): Row[] =>
  GOOD.map((row) =>
    row.policy === 'ksmpilot' && row.price === 8 && of.includes(row.workload) ? { ...row, ...figures } : row,
  );

it('is met throughout where all is well', () => {
  const checks = mustReach(GOOD, contests(GOOD), WORKLOADS);
  expect(checks.map(({ result }) => result)).toEqual(checks.map(() => 'met'));
  expect(checks).toHaveLength(3 * (1 + 1 + 1 + 1 + 2) + 1);
});

it('is not measured without rows', () => {
  const checks = mustReach([], [], WORKLOADS);
  expect(checks.map(({ result }) => result)).toEqual(checks.map(() => 'not measured'));
});

describe('each demand can be missed', () => {
  it('net on a workload', () => {
    expect(check(changed({ net_8: -0.6 }, 'idle'), /price 8: on each workload/)).toMatchObject({
      result: 'missed',
      figures: '2 of 3 workloads won; lost: idle',
    });
    expect(check(changed({ net_8: -0.4 }, 'idle'), /price 8: on each workload/)).toMatchObject({
      result: 'met',
      figures: '2 of 3 workloads won; within the allowance: idle',
    });
    expect(check(changed({ net_8: -0.6 }, 'idle'), /price 4: on each workload/).result).toBe('met');
  });

  it('the sum, a tie included', () => {
    const rows = changed({ net_8: -2 }, 'idle');
    expect(check(rows, /price 8: the sum/)).toMatchObject({ result: 'missed' });
    expect(check(rows, /price 8: the sum/).figures).toContain('closest: 0.00 against 0.00 of ');
    expect(check(changed({ net_8: -1 }, 'idle'), /price 8: the sum/).result).toBe('met');
  });

  it('time to 95 %, against the cap and not against whoever is fastest', () => {
    expect(check(GOOD, /price 8: storm, time to 95/).figures).toBe('10.0 s against 8.0 s of cap: 1.25 x');
    expect(check(changed({ t95_s: 10.1 }, 'storm'), /price 8: storm, time to 95/).result).toBe('missed');
    expect(check(changed({ t95_s: null }, 'storm'), /price 8: storm, time to 95/)).toMatchObject({
      result: 'missed',
      figures: 'never against 8.0 s of cap',
    });
  });

  it('time to 95 %, against the fastest other where the cap has not run', () => {
    const rows = GOOD.filter(({ policy }) => policy !== 'cap');
    expect(check(rows, /price 8: storm, time to 95/)).toMatchObject({
      result: 'missed',
      figures: '10.0 s against 4.0 s of fixed:25/20: 2.50 x',
    });
    const alone = rows.map((row) => (row.policy === 'ksmpilot' ? row : { ...row, t95_s: null }));
    expect(check(alone, /price 8: storm, time to 95/).result).toBe('not measured');
  });

  it('CPU when nothing changes any more', () => {
    expect(check(changed({ tail_cpu_pct: 1 }, 'storm'), /price 8: storm, ksmd below 1/)).toMatchObject({
      result: 'missed',
      figures: '1.00 %',
    });
  });

  it.each(['idle', 'volatile'])('CPU of the host %s', (workload) => {
    const rows = changed({ ksmd_cpu_s: 0.3 }, workload);
    expect(check(rows, new RegExp(`price 8: ${workload}, ksmd below`))).toMatchObject({
      result: 'missed',
      figures: '0.50 %',
    });
  });

  it('the cap, by the worst repeat of any workload at any price', () => {
    expect(check(changed({ peak_10s_cpu_pct: 55.1 }, 'volatile'), /never more than 55/)).toMatchObject({
      result: 'missed',
      figures: 'highest 55.1 % (volatile, price 8); 1 of 9 runs above',
    });
  });
});

describe('missing rows', () => {
  const without = (unwanted: (row: Row) => boolean): Row[] => GOOD.filter((row) => !unwanted(row));

  it('leave open what they could change', () => {
    const rows = without((row) => row.workload === 'volatile');
    for (const demand of [/on each workload/, /the sum/, /volatile, ksmd/, /never more than/])
      expect(check(rows, demand).result).toBe('not measured');
    expect(check(rows, /on each workload/).figures).toContain('not run: volatile');
    expect(check(rows, /storm, time to 95/).result).toBe('met');
  });

  it('do not hide what is missed already', () => {
    const rows = changed({ net_8: -5 }, 'idle').filter((row) => row.workload !== 'volatile');
    expect(check(rows, /price 8: on each workload/).result).toBe('missed');
    expect(check(rows, /price 8: the sum/).result).toBe('missed');
  });
});
