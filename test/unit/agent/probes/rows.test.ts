import { expect, it } from 'vitest';
import type { CowTotals } from '../../../../src/agent/model/probe.js';
import { joinBreaks, joinRows } from '../../../../src/agent/probes/rows.js';

const row = (pid: number, more: object) => ({ pid, merges: 0, zeroMerges: 0, cowBreaks: 0, zeroBreaks: 0, ...more });

it('a process that both saw has one row with all of it; the newest rows come last', () => {
  const merged = [row(7, { comm: 'old', merges: 5, zeroMerges: 1 }), row(8, { merges: 2 })];
  const broken = [row(7, { comm: 'new', cowBreaks: 9, cowBreaksSeen: 4, zeroBreaks: 3 }), row(9, { cowBreaks: 1 })];
  expect(joinRows(merged, broken)).toEqual([
    row(8, { merges: 2 }),
    row(7, { comm: 'new', merges: 5, zeroMerges: 1, cowBreaks: 9, cowBreaksSeen: 4, zeroBreaks: 3 }),
    row(9, { cowBreaks: 1 }),
  ]);
});

it('rows of one alone stay as they are', () => {
  const rows = [row(7, { cowBreaks: 5 })];
  expect(joinRows(rows, [])).toBe(rows);
  expect(joinRows(rows, [])[0]).not.toHaveProperty('cowBreaksSeen');
});

it('breaks counted by both, once one tier and once another, add up', () => {
  expect(joinRows([row(7, { cowBreaks: 5 })], [row(7, { cowBreaks: 9, cowBreaksSeen: 4 })])).toEqual([
    row(7, { cowBreaks: 14, cowBreaksSeen: 9 }),
  ]);
});

it('breaks of a tier that was given up stay in the sums of the windows that took over', () => {
  const none = { byKernel: 0, byGuest: 0, zero: 0, mergeLifetime: [], lifetimeSampledOneIn: 1 };
  const entry: CowTotals = { ...none, tier: 'fentry', attributed: 20, byUser: 11, byRemote: 5, byUnmerge: 3, byPin: 1 };
  const windows: CowTotals = {
    ...none,
    tier: 'tracepoint',
    attributed: 9,
    estimated: 4,
    byUser: 7,
    byKernel: 2,
    zero: 6,
  };
  expect(joinBreaks(entry, windows)).toEqual({
    ...windows,
    attributed: 29,
    byUser: 18,
    byKernel: 2,
    byRemote: 5,
    byUnmerge: 3,
    byPin: 1,
  });
  expect(joinBreaks(entry, undefined)).toBe(entry);
  expect(joinBreaks(undefined, windows)).toBe(windows);
});
