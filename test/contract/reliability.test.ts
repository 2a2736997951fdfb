import { describe, expect, it } from 'vitest';
import { FAULTS } from '../faults/catalogue.js';
import { between, inputsTable, rowsOf, withOutcomes } from '../faults/report.js';
import { readSource } from '../helpers/source-tree.js';

const document = readSource('docs/reliability.md');

describe('docs/reliability.md', () => {
  it('lists the faults of the suite and what must hold, and no others; `npm run faults -- --write` writes it', () => {
    const listed = [...rowsOf(document)].map(([what, { holds }]) => ({ what, holds }));
    expect(listed).toEqual(FAULTS.map(({ what, holds }) => ({ what, holds })));
  });

  it('lists no fault that does not hold', () => {
    for (const [what, { outcome }] of rowsOf(document)) expect(outcome, what).toMatch(/^(holds|not run yet)/);
  });

  it('lists the inputs of the fuzz tests', () => {
    expect(between(document, 'inputs')).toBe(inputsTable());
  });

  it('takes new outcomes, and keeps those of other faults', () => {
    const [first, second] = FAULTS;
    if (first === undefined || second === undefined) throw new Error('two faults at least');
    const once = withOutcomes(document, FAULTS, [{ id: first.id, times: 1234, held: true, seen: 'seen' }]);
    const twice = rowsOf(withOutcomes(once, FAULTS, [{ id: second.id, times: 5, held: false, seen: '' }]));
    expect(twice.get(first.what)).toMatchObject({ times: '1,234', outcome: 'holds; seen' });
    expect(twice.get(second.what)).toMatchObject({ times: '5', outcome: 'DOES NOT HOLD' });
    expect([...twice.keys()]).toEqual(FAULTS.map(({ what }) => what));
  });
});
