import { expect, it } from 'vitest';
import { contest } from '../../../../../bench/bakeoff/compare.js';
import { isBehind, lossSentence } from '../../../../../bench/bakeoff/report/losses.js';
import type { Row } from '../../../../../bench/bakeoff/types.js';
import { rowWith } from '../../../../helpers/bakeoff-rows.js';

const figures = (saved_gib_s: number, ksmd_cpu_s: number, cow_breaks = 0): Partial<Row> => ({
  saved_gib_s,
  ksmd_cpu_s,
  cow_breaks,
  cow_break_cost_s: 1e-3,
  net_8: saved_gib_s / 8 - ksmd_cpu_s - cow_breaks * 1e-3,
});

function sentence(ours: Partial<Row>, best: Partial<Row>): string {
  const rows = [rowWith({ policy: 'ksmpilot', price: 8, ...ours }), rowWith({ policy: 'kata', ...best })];
  const found = contest(rows, 'storm', 8);
  return isBehind(found) ? lossSentence(found) : 'not behind';
}

it('says which part of the difference decided, and what each was worth', () => {
  expect(sentence(figures(16, 1), figures(40, 2))).toBe(
    '**storm, price 8**: saved too little. Net 1.00 against 3.00 of kata; ' +
      '24.00 GiB s less saved (−3.00); 1.00 s less CPU of ksmd (+1.00)',
  );
  expect(sentence(figures(40, 5), figures(32, 1))).toBe(
    '**storm, price 8**: spent too much CPU. Net 0.00 against 3.00 of kata; ' +
      '8.00 GiB s more saved (+1.00); 4.00 s more CPU of ksmd (−4.00)',
  );
  expect(sentence(figures(8, 0, 900), figures(8, 0, 100))).toBe(
    '**storm, price 8**: merged what was soon written to. Net 0.10 against 0.90 of kata; 800 more COW breaks (−0.80)',
  );
});

it('is for contests in which ours is behind', () => {
  expect(sentence(figures(40, 1), figures(40, 1))).toBe('not behind');
  expect(isBehind(contest([rowWith({ policy: 'kata' })], 'storm', 8))).toBe(false);
});

it('adds up: the parts in brackets are the difference in net', () => {
  const text = sentence(figures(16, 1.5, 400), figures(40, 2, 100));
  const parts = [...text.matchAll(/\(([−+])([\d.]+)\)/g)].map(
    ([, sign, value]) => (sign === '−' ? -1 : 1) * Number(value),
  );
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(16 / 8 - 1.5 - 0.4 - (40 / 8 - 2 - 0.1), 2);
});
