import { describe, expect, it } from 'vitest';
import {
  allowanceFor,
  contest,
  contests,
  medianRepeat,
  medianT95,
  regret,
  verdict,
  withSlowdown,
} from '../../../../bench/bakeoff/compare.js';
import type { Row } from '../../../../bench/bakeoff/types.js';
import { rowWith } from '../../../helpers/bakeoff-rows.js';

const nets = (policy: string, price: number | null, ...values: readonly number[]): Row[] =>
  values.map((net, index) =>
    rowWith({ policy, price, repeat: index + 1, net_4: 2 * net, net_8: net, net_16: net / 2 }),
  );

const ROWS = [
  ...nets('off', null, 0, 0, 0),
  ...nets('default', null, -1, 1, 3),
  ...nets('fixed:1250/10', null, 4, 6, 5),
  ...nets('fixed:25/20', null, 2),
  ...nets('cap', null, 50),
  ...nets('ksmpilot', 4, 100),
  ...nets('ksmpilot', 8, 4.6, 4.4, 5.5),
];

describe('a contest', () => {
  const at8 = contest(ROWS, 'storm', 8);

  it('ranks medians, without the reference that scans at the cap', () => {
    expect(at8.standings.map(({ policy, net }) => [policy, net.median])).toEqual([
      ['fixed:1250/10', 5],
      ['ksmpilot', 4.6],
      ['fixed:25/20', 2],
      ['default', 1],
      ['off', 0],
    ]);
    expect(at8.standings[3]?.net).toEqual({ median: 1, min: -1, max: 3, count: 3 });
  });

  it('takes ours at its own price only, the others at all', () => {
    expect(at8.ours?.rows).toHaveLength(3);
    expect(contest(ROWS, 'storm', 4).ours?.net.median).toBe(200);
    expect(contest(ROWS, 'storm', 16)).toMatchObject({ ours: undefined, verdict: undefined });
    expect(contest(ROWS, 'storm', 16).best?.net.median).toBe(2.5);
  });

  it('chooses the best of the others, and of the fixed settings, in hindsight', () => {
    expect([at8.best?.policy, at8.bestFixed?.policy, at8.off?.net.median]).toEqual([
      'fixed:1250/10',
      'fixed:1250/10',
      0,
    ]);
    const off = [...nets('off', null, 0), ...nets('fixed:25/20', null, -1), ...nets('ksmpilot', 8, -0.1)];
    expect(contest(off, 'storm', 8)).toMatchObject({ best: { policy: 'off' }, verdict: 'within' });
  });

  it('has no verdict without others', () => {
    expect(contest(nets('ksmpilot', 8, 1), 'storm', 8)).toMatchObject({ best: undefined, verdict: undefined });
    expect(contest([], 'storm', 8).standings).toEqual([]);
  });

  it('is held for every workload at every price', () => {
    const two = [...ROWS, rowWith({ workload: 'idle', policy: 'off' })];
    expect(contests(two).map(({ workload, price }) => `${workload} ${price}`)).toEqual(
      [4, 8, 16].flatMap((price) => [`storm ${price}`, `idle ${price}`]),
    );
  });
});

describe('the verdict', () => {
  it('allows 5 % of the best, half a core-second at least, of either sign', () => {
    expect([0, 4, 10, 20, -20].map(allowanceFor)).toEqual([0.5, 0.5, 0.5, 1, 1]);
  });

  it('is won at a tie, within at the allowance, lost beyond', () => {
    expect([verdict(5, 5), verdict(4.5, 5), verdict(4.4, 5)]).toEqual(['won', 'within', 'lost']);
    expect([verdict(-20.9, -20), verdict(-21.1, -20)]).toEqual(['within', 'lost']);
  });
});

describe('regret', () => {
  const at8 = contest(ROWS, 'storm', 8);
  const of = (name: string): number | null | undefined => {
    const standing = at8.standings.find(({ policy }) => policy === name);
    return standing && regret(standing, at8);
  };

  it('is 0 for the best, 1 for off, above 1 for worse', () => {
    expect([of('fixed:1250/10'), of('off'), of('ksmpilot')]).toEqual([0, 1, expect.closeTo(0.08)]);
    const worse = contest([...nets('off', null, 0), ...nets('a', null, 10), ...nets('b', null, -10)], 'storm', 8);
    expect(worse.standings.map((one) => regret(one, worse))).toEqual([0, 1, 2]);
  });

  it('is null where there is nothing to win, or nothing to compare with', () => {
    const nothing = contest([...nets('off', null, 0), ...nets('a', null, 0.4)], 'storm', 8);
    expect(nothing.standings.map((one) => regret(one, nothing))).toEqual([null, null]);
    const noOff = contest(nets('a', null, 10), 'storm', 8);
    expect(noOff.standings.map((one) => regret(one, noOff))).toEqual([null]);
  });
});

it('takes the repeat with the median net to stand for a policy', () => {
  const at8 = contest(ROWS, 'storm', 8);
  const named = (name: string): number | undefined => {
    const standing = at8.standings.find(({ policy }) => policy === name);
    return standing && medianRepeat(standing, 8).net_8;
  };
  expect([named('default'), named('fixed:1250/10'), named('fixed:25/20')]).toEqual([1, 5, 2]);
  const even = contest(nets('a', null, 3, 1, 4, 2), 'storm', 8).standings[0];
  expect(even && medianRepeat(even, 8).net_8).toBe(2);
});

it('counts a repeat that never got there as the latest', () => {
  const t95 = (...values: readonly (number | null)[]): number | null | undefined =>
    medianT95(values.map((t95_s) => rowWith({ t95_s })));
  expect([t95(5, null, 6), t95(5, null, null), t95(5), t95(null), t95()]).toEqual([6, null, 5, null, undefined]);
});

describe('guest slowdown', () => {
  it('is against the median of off on the same workload', () => {
    const rows = [
      ...[990, 1000, 1010].map((guest_rate) => rowWith({ policy: 'off', guest_rate })),
      rowWith({ policy: 'default', guest_rate: 900 }),
      rowWith({ policy: 'default', guest_rate: null }),
      rowWith({ workload: 'idle', policy: 'default', guest_rate: 900 }),
    ];
    expect(withSlowdown(rows).map((row) => row.guest_slowdown_pct)).toEqual([
      expect.closeTo(1),
      expect.closeTo(0),
      expect.closeTo(-1),
      expect.closeTo(10),
      null,
      null,
    ]);
  });

  it('is unknown where the guest did nothing under off', () => {
    const rows = [rowWith({ policy: 'off', guest_rate: 0 }), rowWith({ policy: 'default', guest_rate: 5 })];
    expect(withSlowdown(rows).map((row) => row.guest_slowdown_pct)).toEqual([null, null]);
  });
});
