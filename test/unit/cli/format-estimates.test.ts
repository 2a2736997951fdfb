import { expect, test } from 'vitest';
import { estimatesLine, estimatesTable } from '../../../src/cli/format-estimates.js';

const estimates = [
  { name: 'mergeable_pages', value: 1_234_567, plus_minus: 12_345, unit: 'pages' },
  { name: 'break_hazard', value: 0.0012345, plus_minus: 0.0004, unit: '1/h' },
  { name: 'offered_pages', unit: 'pages' },
] as never;

test('three digits, thousands apart, doubt where there is one, - for what is not known', () => {
  expect(estimatesTable(estimates)).toEqual([
    'mergeable_pages  1,230,000 ± 12,300 pages',
    'break_hazard     0.00123 ± 0.0004 1/h',
    'offered_pages    - pages',
  ]);
});

test('the same on one line', () => {
  expect(estimatesLine(estimates)).toBe(
    'mergeable_pages 1,230,000 ± 12,300 pages; break_hazard 0.00123 ± 0.0004 1/h; offered_pages - pages',
  );
});
