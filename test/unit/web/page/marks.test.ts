import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterAt, clustersOf, clusterSentence, marksOf, nextCluster, type Mark } from '../../../../web/page/marks.js';
import { CHANGE, decision, event } from '../../../helpers/page-events.js';

describe('marksOf', () => {
  it('marks decisions that move a knob, modes, guests, and moves of others', () => {
    const foreign = event(9, 'EVENT_KIND_KNOB_CHANGED', {
      knob: { knob: 'run', from: '1', to: '0', by: 'somebody else' },
    });
    const own = event(8, 'EVENT_KIND_KNOB_CHANGED', { knob: { knob: 'run', from: '0', to: '1', by: 'ksmpilot' } });
    const marks = marksOf(
      [decision(1), decision(2, { changes: CHANGE }), decision(3, { changes: CHANGE, written: true })],
      [
        foreign,
        own,
        event(4, 'EVENT_KIND_MODE'),
        event(5, 'EVENT_KIND_PROCESS_ENTERED'),
        event(6, 'EVENT_KIND_PROCESS_LEFT'),
        event(7, 'EVENT_KIND_FULL_SCAN'),
      ],
    );
    expect(marks.map(({ timeMs, kind }) => [timeMs, kind])).toEqual([
      [2_000, 'advised'],
      [3_000, 'written'],
      [4_000, 'mode'],
      [5_000, 'entered'],
      [6_000, 'left'],
      [9_000, 'foreign'],
    ]);
    expect(marks[0]?.text).toBe('hold: reason 2 pages_to_scan 100 → 500');
  });

  it('marks once what two lists tell', () => {
    const moved = decision(2, { changes: CHANGE });
    const told = event(2, 'EVENT_KIND_DECISION', { decision: moved });
    expect(marksOf([moved], [told, told])).toHaveLength(1);
  });
});

const mark = (timeMs: number, kind: Mark['kind'] = 'mode'): Mark => ({ timeMs, kind, text: `at ${timeMs}` });

describe('clustersOf', () => {
  it('takes together what cannot be told apart', () => {
    const marks = [mark(5), mark(10), mark(12, 'left'), mark(40), mark(41), mark(99)];
    const clusters = clustersOf(marks, { fromMs: 10, toMs: 50, apartMs: 5 });
    expect(clusters.map(({ fromMs, toMs, kind }) => [fromMs, toMs, kind])).toEqual([
      [10, 12, undefined],
      [40, 41, 'mode'],
    ]);
  });

  it('loses none in the span, and leaves no two clusters nearer than apart', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 })), fc.integer({ min: 1, max: 100 }), (times, apartMs) => {
        const marks = times.sort((a, b) => a - b).map((time) => mark(time));
        const clusters = clustersOf(marks, { fromMs: 100, toMs: 900, apartMs });
        expect(clusters.flatMap((one) => one.marks)).toEqual(
          marks.filter(({ timeMs }) => timeMs >= 100 && timeMs <= 900),
        );
        const starts = clusters.map(({ fromMs }) => fromMs);
        expect(starts.every((at, index) => index === 0 || at - (starts[index - 1] ?? 0) >= apartMs)).toBe(true);
      }),
    );
  });
});

describe('clusterAt', () => {
  const clusters = clustersOf([mark(10), mark(12), mark(40)], { fromMs: 0, toMs: 50, apartMs: 5 });

  it('finds the nearest within reach', () => {
    expect(clusterAt(clusters, 11, 0)?.fromMs).toBe(10);
    expect(clusterAt(clusters, 30, 12)?.fromMs).toBe(40);
    expect(clusterAt(clusters, 25, 5)).toBeUndefined();
  });

  it('is said in numbers', () => {
    const mixed = clustersOf([mark(1), mark(2, 'left'), mark(3, 'left')], { fromMs: 0, toMs: 9, apartMs: 9 })[0];
    expect(mixed && clusterSentence(mixed)).toBe('2 × memory withdrawn, 1 × mode changed');
  });
});

describe('nextCluster', () => {
  const marks = [10, 100, 104, 300].map((timeMs): Mark => ({ timeMs, kind: 'mode', text: '' }));
  const clusters = clustersOf(marks, { fromMs: 0, toMs: 400, apartMs: 20 });

  it('walks over the middles, each once, and stays at the ends', () => {
    const walk = (start: number, isBack: boolean): number[] => {
      const met: number[] = [];
      for (let at = nextCluster(clusters, start, isBack); at !== undefined; at = nextCluster(clusters, at, isBack)) {
        met.push(at);
      }
      return met;
    };
    expect(walk(0, false)).toEqual([10, 102, 300]);
    expect(walk(400, true)).toEqual([300, 102, 10]);
    expect(nextCluster([], 0, false)).toBeUndefined();
  });
});
