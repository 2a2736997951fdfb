import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allCases } from '../../../../bench/policies/cases.js';
import { contest } from '../../../../bench/policies/contest.js';
import { withTables } from '../../../../bench/policies/markdown.js';
import { sumsTable } from '../../../../bench/policies/table.js';

const PRICES = [4, 8, 16];
const cases = allCases();
const caseNamed = (name: string): (typeof cases)[number] => {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
};
const document = readFileSync('docs/simulator.md', 'utf8');
const rowOf = (text: string, name: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`| ${name} `))
    ?.replaceAll(/ +/g, ' ');

test('the table of docs/simulator.md has a row for every case', () => {
  for (const { name } of cases) expect(rowOf(document, name), name).toBeDefined();
});

test.each(['tiny/storm', 'tiny/idle', 'tiny/aged'])(
  '%s: its row is what `node bench/policies.mjs --write` says',
  async (name) => {
    const again = await withTables(document, contest(caseNamed(name), PRICES, false));
    expect(rowOf(document, name)).toBe(rowOf(again, name));
  },
);

test('the best of the others keeps the cap, and nets are sums of what it saved and cost', () => {
  const [standing] = contest(caseNamed('tiny/storm'), [4], true);
  if (standing === undefined) throw new Error('no standing');
  const { nets, best, pairs } = standing;
  expect(nets.get('off')).toBe(0);
  expect(best.net).toBeGreaterThanOrEqual(nets.get('fixed:1250/10') ?? Infinity);
  expect(best.net).toBeGreaterThanOrEqual(nets.get('best fixed') ?? Infinity);
  expect(pairs?.name).toMatch(/^pairs:/);
  expect(sumsTable([standing]).some((line) => line.startsWith('ksmpilot'))).toBe(true);
});
