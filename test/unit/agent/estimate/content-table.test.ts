import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentTable } from '../../../../src/agent/estimate/content-table.js';

/** Hashes that collide in their first word, and often in their place in the table. */
const hash = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: 5 }), fc.nat({ max: 1 }), fc.nat({ max: 2 }))
  .map((words) => Uint32Array.from(words));

describe('ContentTable', () => {
  it('counts like a Map, also after rows were dropped', () => {
    fc.assert(
      fc.property(fc.array(hash), fc.array(hash), fc.nat({ max: 3 }), (first, second, dropped) => {
        const table = new ContentTable(2);
        const model = new Map<string, number>();
        const count = (words: Uint32Array): void => {
          table.add(table.row(words, words[1] ?? 0, false), 'copies', 1);
          model.set(words.join(), (model.get(words.join()) ?? 0) + 1);
        };
        first.forEach(count);
        table.retain((row) => table.get(row, 'h0') !== dropped);
        for (const key of [...model.keys()]) if (key.startsWith(`${dropped},`)) model.delete(key);
        second.forEach(count);
        const rows = Array.from({ length: table.size }, (_, row) => [
          (['h0', 'h1', 'h2', 'h3'] as const).map((column) => table.get(row, column)).join(),
          table.get(row, 'copies'),
        ]);
        expect(new Map(rows as [string, number][])).toEqual(model);
        expect(rows).toHaveLength(model.size);
      }),
    );
  });

  it('grows, and keeps row numbers', () => {
    const table = new ContentTable(2);
    const rows = Array.from({ length: 5000 }, (_, index) => table.row(Uint32Array.of(index, 0, 0, 0), 7, index === 3));
    expect(rows).toEqual([...rows.keys()]);
    expect(table.row(Uint32Array.of(4321, 0, 0, 0), 7, false)).toBe(4321);
    expect([table.get(3, 'certain'), table.get(4, 'certain'), table.get(4, 'cluster')]).toEqual([1, 0, 7]);
  });

  it('gives a new row after rows were dropped nothing of the old one', () => {
    const table = new ContentTable(2);
    table.add(table.row(Uint32Array.of(1, 1, 1, 1), 5, true), 'copies', 9);
    table.retain(() => false);
    expect(table.size).toBe(0);
    expect(table.get(table.row(Uint32Array.of(2, 1, 1, 1), 6, false), 'copies')).toBe(0);
  });
});
