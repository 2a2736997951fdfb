import { expect, it } from 'vitest';
import { metricsMarkdown } from '../../../../scripts/docs/metrics.mjs';
import { FAMILIES, SECTIONS } from '../../../../web/gateway/metrics/catalogue.js';
import { readSource } from '../../../helpers/source-tree.js';

it('has a row for every metric, in the order of the answer', () => {
  const rows = [...metricsMarkdown(SECTIONS).matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [
    name,
    type,
  ]);
  expect(rows).toEqual(FAMILIES.map(({ name, type }) => [name, type]));
});

it('keeps a bar in a meaning from ending the cell', () => {
  const families = [{ name: 'a', type: 'gauge', labels: ['b', 'c'], help: 'This | that.' }];
  expect(metricsMarkdown([{ title: 'T', families }])).toContain('\n| `a` | gauge | `b`, `c` | This \\| that. |\n');
});

it('is what docs/metrics.md says; `npm run docs` writes it', () => {
  expect(readSource('docs/metrics.md')).toBe(metricsMarkdown(SECTIONS));
});
