import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { INPUTS, TOTAL } from './plan.js';

it(`gives ${TOTAL} inputs in all, each entry its own`, () => {
  expect(TOTAL).toBeGreaterThanOrEqual(100_000);
  const sources = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n');
  const used = [...sources.matchAll(/\b(?:fuzz|flood)\(\s*'([^']+)'/g)].map(([, entry]) => entry);
  expect(used.sort()).toEqual(Object.keys(INPUTS).sort());
});
