import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { accountsOf, type AccountsInput } from '../../../../src/agent/guests/accounts.js';
import type { KsmSysfs, ProcessRaw } from '../../../../src/agent/model/raw.js';

const PAGE = 4096;
const GIB = 2 ** 30;

function process(pid: number, rest: Partial<ProcessRaw>): ProcessRaw {
  return { pid, startTicks: pid, comm: `p${pid}`, ...rest };
}

function accounts(input: Partial<AccountsInput>): ReturnType<typeof accountsOf> {
  return accountsOf({ ksm: {}, ksmdCores: 0.5, gibPerCore: 4, pageSize: PAGE, guests: [], ...input });
}

describe('saved', () => {
  test('two guests and a rest: by merging pages, the kept page of each group of copies taken off', () => {
    const { guests, rest } = accounts({
      ksm: { pages_sharing: 900, pages_shared: 100, ksm_zero_pages: 50 },
      guests: [
        { processes: [process(1, { ksm_merging_pages: 500, ksm_zero_pages: 20 })] },
        {
          processes: [
            process(2, { ksm_merging_pages: 200 }),
            process(3, { ksm_merging_pages: 100, ksm_zero_pages: 10 }),
          ],
        },
      ],
    });
    expect(guests.map(({ savedBytes, zeroBytes }) => [savedBytes, zeroBytes])).toEqual([
      [(450 + 20) * PAGE, 20 * PAGE],
      [(270 + 10) * PAGE, 10 * PAGE],
    ]);
    expect([rest.savedBytes, rest.zeroBytes]).toEqual([(180 + 20) * PAGE, 20 * PAGE]);
  });

  test('counts that make up more than the host has are scaled to it: fork children on old kernels', () => {
    const { guests, rest } = accounts({
      ksm: { pages_sharing: 90, pages_shared: 10 },
      guests: [1, 2].map((pid) => ({ processes: [process(pid, { ksm_merging_pages: 100 })] })),
    });
    expect(guests.map(({ savedBytes }) => savedBytes)).toEqual([45 * PAGE, 45 * PAGE]);
    expect(rest.savedBytes).toBe(0);
  });

  test('a guest of which nothing can be read has null, and its part is the rest', () => {
    const { guests, rest } = accounts({
      ksm: { pages_sharing: 90, pages_shared: 10 },
      guests: [{ processes: [process(1, {})] }, { processes: [process(2, { ksm_merging_pages: 50 })] }],
    });
    expect(guests.map(({ savedBytes }) => savedBytes)).toEqual([null, 45 * PAGE]);
    expect(rest.savedBytes).toBe(45 * PAGE);
  });

  test('a kernel that does not count leaves it open', () => {
    const { guests, rest } = accounts({ guests: [{ processes: [process(1, { ksm_rmap_items: 5 })] }] });
    expect(guests[0]).toMatchObject({ savedBytes: null, zeroBytes: null, worthCores: null, rmapItemBytes: 320 });
    expect(rest).toMatchObject({ savedBytes: null, rmapItemBytes: null });
    expect(accounts({ ksm: undefined }).rest.savedBytes).toBeNull();
  });
});

describe('cost and worth', () => {
  const ksm: KsmSysfs = { pages_sharing: GIB / PAGE, pages_shared: 0, pages_unshared: 0, pages_volatile: GIB / PAGE };

  test('by records: half of ksmd for half of them; a guest that saves nothing is worth less than nothing', () => {
    const half = GIB / PAGE;
    const { guests, rest } = accounts({
      ksm,
      guests: [
        { processes: [process(1, { ksm_rmap_items: half, ksm_merging_pages: half })] },
        { processes: [process(2, { ksm_rmap_items: half / 2, ksm_merging_pages: 0 })] },
      ],
    });
    expect(guests.map(({ ksmdCores, worthCores }) => [ksmdCores, worthCores])).toEqual([
      [0.25, 0],
      [0.125, -0.125],
    ]);
    expect(guests[1]?.rmapItemBytes).toBe((half / 2) * 64);
    expect(rest).toMatchObject({ ksmdCores: 0.125, worthCores: -0.125, rmapItemBytes: (half / 2) * 64 });
  });

  test('ksmd not measured yet: worth is not known either', () => {
    const guests = [{ processes: [process(1, { ksm_rmap_items: 1, ksm_merging_pages: 1 })] }];
    expect(accounts({ ksm, ksmdCores: null, guests }).guests[0]).toMatchObject({ ksmdCores: null, worthCores: null });
  });
});

describe('offered memory', () => {
  const offers = { ksm_mergeable: true, rssAnonPages: 10, ksm_zero_pages: 2 };
  const keeps = { ksm_mergeable: false, ksm_merge_any: false, rssAnonPages: 7 };
  const stateOf = (processes: ProcessRaw[], machine?: number): unknown => {
    const guest = { processes, ...(machine === undefined ? {} : { machine }) };
    const { mergeableBytes, merge } = accounts({ guests: [guest] }).guests[0] ?? {};
    return [merge, mergeableBytes];
  };

  test.each([
    ['on', [process(1, offers)], undefined, ['on', 12 * PAGE]],
    ['by prctl', [process(1, { ksm_merge_any: true, rssAnonPages: 3 })], undefined, ['on', 3 * PAGE]],
    ['off', [process(1, keeps)], undefined, ['off', 0]],
    ['mixed', [process(1, offers), process(2, keeps)], undefined, ['mixed', 12 * PAGE]],
    ['a machine with its helper', [process(1, offers), process(2, keeps)], 1, ['on', 12 * PAGE]],
    [
      'an old kernel, something booked',
      [process(1, { ksm_merging_pages: 1, rssAnonPages: 4 })],
      undefined,
      ['on', 4 * PAGE],
    ],
    ['an old kernel, nothing booked: not known', [process(1, { ksm_merging_pages: 0 })], undefined, [null, null]],
    ['no process read', [], undefined, [null, null]],
  ])('%s', (_, processes, machine, expected) => {
    expect(stateOf(processes, machine)).toEqual(expected);
  });
});

test('guests and rest sum to the host, for any input', () => {
  const count = fc.oneof(fc.nat(5), fc.nat(2 ** 34));
  const maybe = fc.option(count, { nil: undefined });
  const one = fc.record({ ksm_merging_pages: maybe, ksm_zero_pages: maybe, ksm_rmap_items: maybe });
  const defined = (fields: object): Partial<ProcessRaw> =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const fields = ['pages_sharing', 'pages_shared', 'ksm_zero_pages', 'pages_unshared', 'pages_volatile'] as const;
  const host = fc.tuple(...fields.map(() => count));
  fc.assert(
    fc.property(host, fc.array(fc.array(one, { maxLength: 3 }), { maxLength: 8 }), (values, shape) => {
      const ksm = Object.fromEntries(fields.map((field, index) => [field, values[index]])) as Required<
        Pick<KsmSysfs, (typeof fields)[number]>
      >;
      let pid = 0;
      const guests = shape.map((processes) => ({
        processes: processes.map((fields) => process(++pid, defined(fields))),
      }));
      const { guests: each, rest } = accounts({ ksm, guests });
      const sum = (field: 'savedBytes' | 'zeroBytes' | 'ksmdCores' | 'worthCores'): number =>
        [...each, rest].reduce((all, account) => all + (account[field] ?? 0), 0);
      const saved = (ksm.pages_sharing + ksm.ksm_zero_pages) * PAGE;

      expect(sum('zeroBytes')).toBe(ksm.ksm_zero_pages * PAGE);
      expect(sum('savedBytes')).toBe(saved);
      for (const { savedBytes } of [...each, rest]) expect(savedBytes ?? 0).toBeGreaterThanOrEqual(0);
      if (rest.ksmdCores === null) return;
      expect(sum('ksmdCores')).toBeCloseTo(0.5, 9);
      if (each.some(({ savedBytes }) => savedBytes === null)) return;
      const net = saved / GIB / 4 - 0.5;
      expect(Math.abs(sum('worthCores') - net)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(net)));
    }),
    { numRuns: 300 },
  );
});
