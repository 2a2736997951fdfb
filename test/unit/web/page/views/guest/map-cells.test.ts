import { describe, expect, it } from 'vitest';
import type { ProcessMap__Output } from '../../../../../../proto/generated/ksmpilot/v1/ProcessMap.js';
import { KIND_MEANING, PAGE_KINDS } from '../../../../../../src/agent/memory-map/page-kind.js';
import { KIND_SIGNS, LINE_CELLS as AGENT_LINE_CELLS } from '../../../../../../src/agent/memory-map/picture.js';
import { LINE_CELLS, cellWords, linesOf, sharesOf } from '../../../../../../web/page/views/guest/map-cells.js';

const TOTAL = PAGE_KINDS.map((kind, index) => ({
  kind,
  meaning: KIND_MEANING[kind],
  sign: KIND_SIGNS[kind],
  pages: kind === 'hugetlb' ? 0 : 100 * (index + 1),
}));

function mapOf(cells: string): ProcessMap__Output {
  return { pid: 1, comm: 'x', total: TOTAL, pages_per_cell: 2, lines: [{ address: 0x7f00, cells }], ended: false };
}

it('has as many cells in a line as the agent draws', () => {
  expect(LINE_CELLS).toBe(AGENT_LINE_CELLS);
});

describe('the runs of a line', () => {
  it('join equal cells, tell all from most, and leave out what is not there', () => {
    expect(linesOf(mapOf('KKkk..PZ'))).toEqual([
      {
        address: 0x7f00,
        cells: 8,
        runs: [
          { at: 0, cells: 2, kind: 'ksm', full: true, sign: 'K' },
          { at: 2, cells: 2, kind: 'ksm', full: false, sign: 'k' },
          { at: 6, cells: 1, kind: 'private', full: true, sign: 'P' },
          { at: 7, cells: 1, kind: 'zero', full: true, sign: 'Z' },
        ],
      },
    ]);
  });

  it('know every sign that the agent draws', () => {
    for (const kind of PAGE_KINDS) {
      const [line] = linesOf(mapOf(KIND_SIGNS[kind]));
      expect(line?.runs.map((run) => run.kind)).toEqual(kind === 'absent' ? [] : [kind]);
    }
    expect(linesOf(mapOf(':'))[0]?.runs).toEqual([{ at: 0, cells: 1, kind: 'sparse', full: false, sign: ':' }]);
  });

  it('leave out signs of a newer agent', () => {
    expect(linesOf(mapOf('XK'))[0]?.runs.map(({ kind }) => kind)).toEqual(['ksm']);
  });
});

describe('the legend', () => {
  it('has what is there in per cent of what is there, and what is not without', () => {
    const shares = sharesOf(TOTAL, 4096);
    expect(shares.map(({ kind }) => kind)).toEqual(PAGE_KINDS.filter((kind) => kind !== 'hugetlb'));
    const present = shares.filter(({ pct }) => pct !== undefined);
    expect(present.reduce((sum, { pct = 0 }) => sum + pct, 0)).toBeCloseTo(100);
    expect(shares.at(-1)).toMatchObject({ kind: 'absent', pct: undefined, bytes: 800 * 4096 });
  });
});

describe('a cell in words', () => {
  const meanings = new Map<string, string>(Object.entries(KIND_MEANING));
  const [line] = linesOf(mapOf('Kk.:'));
  if (line === undefined) throw new Error('no line');
  it.each([
    [0, '0x7f00, 8 KiB: KSM page'],
    [1, '0x9f00, 8 KiB: mostly KSM page'],
    [2, '0xbf00, 8 KiB: nothing there'],
    [3, '0xdf00, 8 KiB: mostly nothing there'],
  ])('%d is %s', (cell, words) => {
    expect(cellWords({ line, cell }, 8192, { size: '8 KiB', meanings })).toBe(words);
  });
});
