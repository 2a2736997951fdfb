import { expect, test } from 'vitest';
import { growthOf } from '../../../../src/tuner/sim/growth-steps.js';
import type { HistorySample } from '../../../../src/tuner/sim/history.js';

/** A sample a second: pages that processes offer, all of them known to ksmd, and pages saved. */
function samples(levels: readonly (readonly [offered: number, saved: number])[]): HistorySample[] {
  return levels.map(([offered, saved], atSec) => ({
    atSec,
    knobs: { run: 1, pages_to_scan: 100, sleep_millisecs: 20 },
    shared: saved,
    sharing: saved,
    unshared: Math.max(0, offered - 2 * saved),
    volatile: 0,
    zero: 0,
    offered,
    cpuShare: 0,
    breaks: 0,
    merges: null,
    brokenLifetimeSec: null,
  }));
}

const stay = (seconds: number, offered: number, saved: number): [number, number][] =>
  Array.from({ length: seconds }, () => [offered, saved]);

test('memory that was there, memory that came, and what of each was saved', () => {
  const found = growthOf(
    samples([...stay(60, 100_000, 10_000), ...stay(60, 140_000, 10_000), ...stay(60, 140_000, 25_000)]),
  );
  expect(found.map(({ atSec, pages, saved, savedBefore }) => ({ atSec, pages, saved, savedBefore }))).toEqual([
    { atSec: 0, pages: 100_000, saved: 10_000, savedBefore: 10_000 },
    { atSec: 60, pages: 40_000, saved: 15_000, savedBefore: 0 },
  ]);
});

test('more saved than the new memory can hold was found in the old', () => {
  const found = growthOf(samples([...stay(60, 100_000, 0), ...stay(60, 120_000, 30_000)]));
  expect(found.map(({ saved }) => saved)).toEqual([20_000, 10_000]);
});

test('memory that goes ends the youngest stretch it can have been', () => {
  const found = growthOf(samples([...stay(60, 100_000, 0), ...stay(60, 140_000, 0), ...stay(60, 100_000, 0)]));
  expect(found.map(({ atSec, untilSec }) => [atSec, untilSec])).toEqual([
    [0, null],
    [60, 120],
  ]);
});

test('a wobble below one per cent ends nothing, however small a stretch is', () => {
  const found = growthOf(samples([...stay(30, 300, 100), ...stay(60, 100_000, 100), ...stay(60, 99_500, 100)]));
  expect(found.map(({ pages, untilSec }) => [pages, untilSec])).toEqual([
    [300, null],
    [99_700, null],
  ]);
});

test('a trickle long before does not make the flood begin then', () => {
  const trickle = Array.from({ length: 60 }, (_, n): [number, number] => [100_000 + n, 0]);
  const found = growthOf(samples([...trickle, ...stay(60, 150_000, 0)]));
  expect(found.map(({ atSec }) => atSec)).toEqual([0, 60]);
});

test('nothing offered, nothing known: no memory', () => {
  expect(growthOf(samples(stay(10, 0, 0)))).toEqual([]);
  expect(growthOf([])).toEqual([]);
});
