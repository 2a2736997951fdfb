import { expect, test } from 'vitest';
import type { PageBreak } from '../../../../src/agent/model/page-break.js';
import { PageHistory } from '../../../../src/agent/side-channel/page-history.js';

function at(monoMs: number, content: number, number = 1, pid = 7): PageBreak {
  return { page: `mm,${number}`, number, pid, content, monoMs };
}

test('each break of a page is a pair with the one before it', () => {
  const history = new PageHistory();
  history.add([at(0, 5), at(100, 5), at(300, 6)]);
  expect([...history.records]).toEqual([
    {
      number: 1,
      pid: 7,
      content: 6,
      brokenMs: 300,
      pairs: [
        { atMs: 100, gapMs: 100, same: true },
        { atMs: 300, gapMs: 200, same: false },
      ],
    },
  ]);
});

test('one break that two programs saw is one; the same page number of another process is another page', () => {
  const history = new PageHistory();
  history.add([at(0, 5), at(0.02, 5)]);
  expect([...history.records][0]?.pairs).toEqual([]);
  history.add([at(100, 5, 1, 8)]);
  expect([...history.records]).toMatchObject([{ pid: 8, pairs: [] }]);
});

test('eight pairs are remembered, the newest', () => {
  const history = new PageHistory();
  for (let round = 0; round <= 12; round += 1) history.add([at(round * 100, round)]);
  expect([...history.records][0]?.pairs.map(({ atMs }) => atMs)).toEqual([500, 600, 700, 800, 900, 1000, 1100, 1200]);
});

test('beyond its bound every second page is forgotten, and the others are known whole', () => {
  const history = new PageHistory(1_000);
  const numbers = Array.from({ length: 3_000 }, (_, index) => 0x7f0000000 + index);
  history.add(numbers.map((number) => at(0, number, number)));
  history.add(numbers.map((number) => at(100, number, number)));
  expect(history.oneIn).toBeGreaterThanOrEqual(4);
  expect(history.size).toBeLessThanOrEqual(1_000);
  expect(history.size).toBeGreaterThan(3_000 / history.oneIn / 2);
  expect([...history.records].every(({ pairs }) => pairs.length === 1)).toBe(true);
  const kept = new Set([...history.records].map(({ number }) => number));
  const wider = new PageHistory(2_000);
  wider.add(numbers.map((number) => at(0, number, number)));
  const wide = new Set([...wider.records].map(({ number }) => number));
  expect([...kept].every((number) => wide.has(number))).toBe(true);
});

test('pages that are not broken any more are dropped, and there is room for all again', () => {
  const history = new PageHistory(100);
  history.add(Array.from({ length: 300 }, (_, number) => at(0, 1, number)));
  expect(history.oneIn).toBe(4);
  history.forgetBefore(1);
  expect([history.size, history.oneIn]).toEqual([0, 2]);
  history.forgetBefore(1);
  expect(history.oneIn).toBe(1);
});
