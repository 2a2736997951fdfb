import { describe, expect, it } from 'vitest';
import type { EventFrame__Output } from '../../../../proto/generated/ksmpilot/v1/EventFrame.js';
import {
  MAX_DECISIONS,
  MAX_EVENTS,
  addEvent,
  decisionLines,
  mergeDecisions,
  type EventLine,
} from '../../../../web/page/timeline.js';
import { CHANGE, decision, event, fullScan } from '../../../helpers/page-events.js';

describe('mergeDecisions', () => {
  it('keeps one of each, in the order of time, bounded', () => {
    const many = Array.from({ length: MAX_DECISIONS + 5 }, (_, index) => decision(index + 1));
    const merged = mergeDecisions(many, [decision(505, { reason: 'newer' })]);
    expect(merged).toHaveLength(MAX_DECISIONS);
    expect(merged.at(-1)?.reason).toBe('newer');
    expect(merged[0]?.id).toBe(6);
  });

  it('keeps decisions of an agent before and after its restart apart', () => {
    expect(mergeDecisions([decision(1)], [decision(1, { time_ms: 99_000 })])).toHaveLength(2);
  });
});

describe('decisionLines', () => {
  it('joins decisions that changed nothing, newest first', () => {
    const lines = decisionLines(
      [decision(1), decision(2, { phase: 'track', changes: CHANGE }), decision(3), decision(4)],
      10,
    );
    expect(lines.map(({ decision: { id }, times, sinceMs }) => [id, times, sinceMs])).toEqual([
      [4, 2, 3_000],
      [2, 1, 2_000],
      [1, 1, 1_000],
    ]);
  });
});

describe('addEvent', () => {
  const all = (events: EventFrame__Output[]): readonly EventLine[] => events.reduce<readonly EventLine[]>(addEvent, []);

  it('joins full scans that follow each other', () => {
    const lines = all([
      event(1, 'EVENT_KIND_FULL_SCAN', { full_scan: fullScan(71, 5) }),
      event(2, 'EVENT_KIND_FULL_SCAN', { full_scan: fullScan(72, 7) }),
      event(3, 'EVENT_KIND_MODE'),
      event(4, 'EVENT_KIND_FULL_SCAN', { full_scan: fullScan(73, 1), text: 'full scan 73' }),
    ]);
    expect(lines[0]?.text).toBe('full scan 73');
    // Two scans of 5 and 7 merges: a line that showed only the newest would hide most of them.
    expect(lines[2]?.text).toBe('full scans 71 to 72: 12 merges, 0.020 s of CPU, 90 rmap items');
    expect(lines.map(({ event: { seq }, times }) => [seq, times])).toEqual([
      [4, 1],
      [3, 1],
      [2, 2],
    ]);
  });

  it('leaves out what is sent again after a break', () => {
    const before = all([event(1, 'EVENT_KIND_MODE'), event(2, 'EVENT_KIND_MODE')]);
    expect(addEvent(addEvent(before, event(1, 'EVENT_KIND_MODE')), event(2, 'EVENT_KIND_MODE'))).toEqual(before);
  });

  it('is bounded', () => {
    expect(all(Array.from({ length: MAX_EVENTS + 9 }, (_, seq) => event(seq, 'EVENT_KIND_MODE')))).toHaveLength(
      MAX_EVENTS,
    );
  });
});
