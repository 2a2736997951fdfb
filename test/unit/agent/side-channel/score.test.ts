import { describe, expect, it } from 'vitest';
import type { PageBreak } from '../../../../src/agent/model/page-break.js';
import { timeLimits } from '../../../../src/agent/side-channel/limits.js';
import { PageHistory } from '../../../../src/agent/side-channel/page-history.js';
import { gatherEvidence, scoreOf } from '../../../../src/agent/side-channel/score.js';
import { chance } from '../../../helpers/chance.js';

const LIMITS = timeLimits(2_000);
const ROUND_MS = 20_000;
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1);

/** What one guest does in one round: the content that each page is broken from, and when. */
type Habit = (round: number, draw: () => number) => readonly { page: number; content: number; atMs?: number }[];

/** The score after each round. */
function scores(habit: Habit, seed: number, rounds = 8): number[] {
  const draw = chance(seed);
  const history = new PageHistory();
  return Array.from({ length: rounds }, (_, round) => {
    const startMs = 1e6 + round * ROUND_MS;
    const breaks: PageBreak[] = habit(round, draw).map(({ page, content, atMs }, index) => ({
      page: `mm,${page}`,
      number: page,
      pid: 7,
      content,
      monoMs: startMs + (atMs ?? index / 100),
    }));
    history.add(breaks.toSorted((a, b) => a.monoMs - b.monoMs));
    return scoreOf(gatherEvidence([...history.records], LIMITS, startMs + ROUND_MS / 2));
  });
}

function pages(count: number): number[] {
  return Array.from({ length: count }, (_, page) => page);
}

const prober =
  (size: number, first = 100_000): Habit =>
  () =>
    pages(size).map((page) => ({ page: first + page, content: 900_000 + page }));

describe('a prober', () => {
  it.each([4, 8, 500])('of %i right guesses in one sweep is suspicious after four rounds', (size) => {
    const found = scores(prober(size), 1).map((score) => score >= 0.5);
    expect(found).toEqual([false, false, false, true, true, true, true, true]);
  });

  it('of three is not: too little to tell from accident', () => {
    expect(Math.max(...scores(prober(3), 1))).toBe(0);
  });

  it('that takes its time within a round needs eight', () => {
    const slow =
      (size: number): Habit =>
      () =>
        pages(size).map((page) => ({ page, content: 900_000 + page, atMs: page * 1_001 }));
    expect(scores(slow(8), 1).at(-1)).toBeGreaterThanOrEqual(0.5);
    expect(scores(slow(6), 1).at(-1)).toBeLessThan(0.5);
  });

  it('is found beside the ordinary churn of its own guest', () => {
    const mixed: Habit = (round, draw) => [
      ...prober(16)(round, draw),
      ...pages(500).map((page) => ({ page, content: Math.floor(draw() * 1e6) })),
      ...pages(300).map((page) => ({ page: 1_000 + page, content: 5 })), // zeros
    ];
    for (const seed of SEEDS) expect(scores(mixed, seed).at(-1)).toBeGreaterThanOrEqual(0.5);
  });

  it('is not found where its rounds are slower than the limit', () => {
    const history = new PageHistory();
    for (let round = 0; round < 8; round += 1) {
      const monoMs = round * (LIMITS.slowestMs + 1);
      history.add(pages(50).map((page) => ({ page: `mm,${page}`, number: page, pid: 7, content: page, monoMs })));
    }
    expect(scoreOf(gatherEvidence([...history.records], LIMITS, 7 * LIMITS.slowestMs))).toBe(0);
  });
});

describe('ordinary guests are not suspicious at any time:', () => {
  const cases: Record<string, Habit> = {
    'one mass write': (round) => (round === 3 ? pages(5_000).map((page) => ({ page, content: page })) : []),
    'a heap that is rewritten in full': (round) => pages(2_000).map((page) => ({ page, content: round * 1e5 + page })),
    'zeroed memory that is used again': () => pages(2_000).map((page) => ({ page, content: 1 + (page % 8) })),
    'random writes to zeroed memory': (_round, draw) =>
      pages(2_000).flatMap((page) => (draw() < 0.6 ? [{ page, content: 1 + Math.floor(draw() * 8) }] : [])),
    'three reboots in a row': (round) =>
      round % 2 === 1 && round < 7 ? pages(3_000).map((page) => ({ page, content: page })) : [],
    'a pool of a thousand contents': (_round, draw) =>
      pages(2_000).map((page) => ({ page, content: Math.floor(draw() * 1_000) })),
    'pages of three contents each, at random': (_round, draw) =>
      pages(120).map((page) => ({ page, content: page * 3 + Math.floor(draw() * 3) })),
    'many pages of three contents each, at random': (_round, draw) =>
      pages(1_500).map((page) => ({ page, content: page * 3 + Math.floor(draw() * 3) })),
    'pages of two contents each, at random': (_round, draw) =>
      pages(400).map((page) => ({ page, content: page * 2 + Math.floor(draw() * 2) })),
    'a few counters that come back to what they were': () => pages(3).map((page) => ({ page, content: page })),
  };

  it.each(Object.entries(cases))('%s', (_name, habit) => {
    const reported = SEEDS.filter((seed) => Math.max(...scores(habit, seed)) >= 0.5);
    expect(reported).toEqual([]);
  });
});
