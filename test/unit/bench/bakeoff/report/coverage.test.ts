import { describe, expect, it } from 'vitest';
import {
  acceptance,
  cellsNotRun,
  inOrderOf,
  mixedBuilds,
  mixedWindows,
  planOr,
} from '../../../../../bench/bakeoff/report/coverage.js';
import type { Row } from '../../../../../bench/bakeoff/types.js';
import { rowWith } from '../../../../helpers/bakeoff-rows.js';

const CORE = ['storm', 'churn', 'idle', 'volatile', 'steady', 'aged'];
const OTHERS = ['off', 'default', 'ksmtuned', 'advisor', 'fixed:1250/10', 'fixed:5000/10'];
const named = (...names: readonly string[]): { name: string; title: string }[] =>
  names.map((name) => ({ name, title: '' }));

function cells(workloads: readonly string[], policies: readonly string[], repeats: number): Row[] {
  return workloads.flatMap((workload) =>
    policies.flatMap((policy) =>
      (policy === 'ksmpilot' ? [4, 8, 16] : [null]).flatMap((price) =>
        Array.from({ length: repeats }, (_, index) => rowWith({ workload, policy, price, repeat: index + 1 })),
      ),
    ),
  );
}

describe('acceptance', () => {
  const full = cells(CORE, [...OTHERS, 'ksmpilot'], 3);

  it('wants six workloads, six others, three repeats, three prices', () => {
    expect(acceptance(full)).toEqual({ accepted: true, missing: [] });
  });

  it('does not count the cap, which is no contestant', () => {
    const rows = full.filter(({ policy }) => policy !== 'off');
    const capped = [...rows, ...cells(CORE, ['cap'], 3)];
    expect(acceptance(capped).missing).toEqual(CORE.map((name) => `${name}: 5 of 6 other policies have run 3 times`));
  });

  it('says what is missing', () => {
    const rows = full.filter(
      (row) => row.workload !== 'aged' && !(row.workload === 'idle' && row.price === 16 && row.repeat > 1),
    );
    expect(acceptance(rows)).toEqual({
      accepted: false,
      missing: [
        'idle: ksmpilot at price 16 has run 1 of 3 times',
        'aged: 0 of 6 other policies have run 3 times',
        ...[4, 8, 16].map((price) => `aged: ksmpilot at price ${price} has run 0 of 3 times`),
      ],
    });
  });
});

describe('cells not run', () => {
  const plan = { workloads: named('storm', 'idle'), policies: named('off', 'kata', 'ksmpilot'), repeats: 2 };

  it('are named by policy, with the reason where there is one', () => {
    const rows = [
      ...cells(['storm', 'idle'], ['off'], 2),
      ...cells(['storm'], ['ksmpilot'], 2),
      ...cells(['idle'], ['ksmpilot'], 1),
    ];
    expect(cellsNotRun(rows, { ...plan, obstacles: new Map([['kata', 'no kata here']]) })).toEqual([
      'kata: all workloads (no kata here)',
      ...[4, 8, 16].map((price) => `ksmpilot at price ${price}: idle (1 of 2 repeats)`),
    ]);
    expect(cellsNotRun(cells(['storm', 'idle'], ['off', 'kata', 'ksmpilot'], 3), plan)).toEqual([]);
  });

  it('without a plan are those that other rows have', () => {
    const rows = [...cells(['storm', 'idle'], ['off'], 1), ...cells(['storm'], ['kata'], 1)];
    expect(cellsNotRun(rows, planOr(undefined, rows))).toEqual(['kata: idle']);
  });
});

it('puts rows into the order of the plan, unknown ones last', () => {
  const plan = { workloads: named('storm', 'idle'), policies: named('off', 'kata'), repeats: 1 };
  const rows = cells(['new', 'idle', 'storm'], ['kata', 'off'], 2).toReversed();
  expect(inOrderOf(plan, rows).map((row) => `${row.workload} ${row.policy} ${row.repeat}`)).toEqual(
    ['storm', 'idle', 'new'].flatMap((name) => [`${name} off 1`, `${name} off 2`, `${name} kata 1`, `${name} kata 2`]),
  );
});

it('finds cells whose repeats come from different builds', () => {
  const rows = [
    rowWith({ workload: 'storm', policy: 'off', build: 'a' }),
    rowWith({ workload: 'storm', policy: 'ksmpilot', price: 4, build: 'b' }),
    rowWith({ workload: 'storm', policy: 'ksmpilot', price: 8, build: 'c' }),
    rowWith({ workload: 'idle', policy: 'off', build: 'd' }),
  ];
  expect(mixedBuilds(rows)).toEqual(['storm under ksmpilot']);
});

it('finds workloads whose windows differ', () => {
  const rows = [
    rowWith({ workload: 'storm', window_s: 60 }),
    rowWith({ workload: 'storm', window_s: 20 }),
    rowWith({ workload: 'idle' }),
  ];
  expect(mixedWindows(rows)).toEqual(['storm']);
});
