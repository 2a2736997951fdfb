import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellName, planCells, stageSeed, type Selection } from '../../../../bench/bakeoff/plan.js';

const selection: Selection = {
  workloads: ['storm', 'idle', 'churn'],
  policies: ['off', 'default', 'ksmpilot'],
  prices: [4, 8, 16],
  repeats: 3,
  seed: 1,
};

describe('planCells', () => {
  it('has every cell once, ksmpilot at each price, the others at none', () => {
    const names = planCells(selection).map(cellName);
    expect(names).toHaveLength(3 * (2 + 3) * 3);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('storm ksmpilot at 16 #2');
    expect(names).toContain('idle off #3');
  });

  it('finishes one repeat before the next, each in an order of its own', () => {
    const plan = planCells(selection);
    expect(plan.map(({ repeat }) => repeat)).toEqual(plan.map((_, index) => Math.floor(index / 15) + 1));
    const orderOf = (repeat: number): string[] =>
      plan.filter((cell) => cell.repeat === repeat).map((cell) => cellName({ ...cell, repeat: 0 }));
    expect(orderOf(1)).not.toEqual(orderOf(2));
    expect(orderOf(1).toSorted()).toEqual(orderOf(2).toSorted());
    expect(plan.map(({ order }) => order)).toEqual(plan.map((_, index) => index + 1));
  });

  it('follows from the seed alone', () => {
    expect(planCells(selection)).toEqual(planCells(selection));
    expect(planCells({ ...selection, seed: 2 })).not.toEqual(planCells(selection));
  });

  it('has no policy that always comes first', () => {
    const first = new Set(
      Array.from({ length: 200 }, (_, seed) => planCells({ ...selection, repeats: 1, seed })[0]?.policy),
    );
    expect(first).toEqual(new Set(['off', 'default', 'ksmpilot']));
  });

  it('is made of its shards, none of them in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 1000 }), (of, seed) => {
        const shards = Array.from({ length: of }, (_, index) =>
          planCells({ ...selection, seed, shard: { part: index + 1, of } }),
        );
        const together = shards.flat().toSorted((a, b) => a.order - b.order);
        expect(together).toEqual(planCells({ ...selection, seed }));
        expect(
          Math.max(...shards.map((one) => one.length)) - Math.min(...shards.map((one) => one.length)),
        ).toBeLessThan(2);
      }),
    );
  });
});

describe('stageSeed', () => {
  it('is the same for all policies of one repeat, and another for each workload, repeat and seed', () => {
    const seeds = [1, 2].flatMap((seed) =>
      ['storm', 'idle'].flatMap((workload) => [1, 2, 3].map((repeat) => stageSeed(seed, { workload, repeat }))),
    );
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
    const [cell] = planCells(selection);
    expect(cell && stageSeed(1, cell)).toBe(cell && stageSeed(1, { workload: cell.workload, repeat: 1 }));
  });
});
