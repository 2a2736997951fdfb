import { describe, expect, it } from 'vitest';
import { feedOf } from '../../../../web/page/feed.js';
import { addEvent, type EventLine } from '../../../../web/page/timeline.js';
import { CHANGE, decision, event } from '../../../helpers/page-events.js';

const lines = [event(1, 'EVENT_KIND_PROBE_STATE', { text: 'probe cow running' }), event(3, 'EVENT_KIND_MODE')].reduce<
  readonly EventLine[]
>(addEvent, []);

describe('feedOf', () => {
  const input = { decisions: [], lines, past: [], fromMs: 0, toMs: 10_000 };

  it('mixes decisions that move knobs with events, newest first', () => {
    const decisions = [decision(2, { changes: CHANGE, written: true }), decision(4), decision(5, { changes: CHANGE })];
    expect(feedOf({ ...input, decisions }, 10)).toEqual([
      { timeMs: 5_000, tag: 'advised', text: 'reason 5', moves: 'pages_to_scan 100 → 500' },
      { timeMs: 3_000, tag: 'mode', text: 'event 3' },
      { timeMs: 2_000, tag: 'tuned', text: 'reason 2', moves: 'pages_to_scan 100 → 500' },
      { timeMs: 1_000, tag: 'probe', text: 'cow running' },
    ]);
  });

  it('says once what stream and history both tell, and nothing of another time', () => {
    const moved = decision(2, { changes: CHANGE });
    const past = [
      event(0, 'EVENT_KIND_MODE'),
      event(2, 'EVENT_KIND_DECISION', { decision: moved }),
      event(3, 'EVENT_KIND_MODE'),
    ];
    const feed = feedOf({ ...input, decisions: [moved], past, fromMs: 2_000, toMs: 3_000 }, 10);
    expect(feed.map(({ timeMs, tag }) => [timeMs, tag])).toEqual([
      [3_000, 'mode'],
      [2_000, 'advised'],
    ]);
  });

  it('is bounded', () => {
    expect(feedOf(input, 1).map(({ timeMs }) => timeMs)).toEqual([3_000]);
  });
});
