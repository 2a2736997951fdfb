/** What happened, as one list: events and decisions, of the stream and of the history. Pure. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { EventLine } from './timeline.js';

export interface FeedLine {
  readonly timeMs: number;
  /** A word for what it is about. */
  readonly tag: string;
  readonly text: string;
  /** Of a decision that moved or would move knobs: `pages_to_scan 100 → 2400`. */
  readonly moves?: string;
}

const TAGS: Readonly<Record<string, string>> = {
  EVENT_KIND_FULL_SCAN: 'full scan',
  EVENT_KIND_PROCESS_ENTERED: 'entered',
  EVENT_KIND_PROCESS_LEFT: 'left',
  EVENT_KIND_KNOB_CHANGED: 'knob',
  EVENT_KIND_PROBE_STATE: 'probe',
  EVENT_KIND_MODE: 'mode',
  EVENT_KIND_GUEST_POLICY: 'guests',
  EVENT_KIND_SIDE_CHANNEL: 'guests',
};

export interface FeedInput {
  readonly decisions: readonly Decision__Output[];
  /** Of the stream, newest first. */
  readonly lines: readonly EventLine[];
  /** Of the history. */
  readonly past: readonly EventFrame__Output[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Newest first, at most `most`. Decisions that change nothing have their own list in the tuner's view. */
export function feedOf({ decisions, lines, past, fromMs, toMs }: FeedInput, most: number): readonly FeedLine[] {
  const all = [
    ...decisions.flatMap(lineOfDecision),
    ...lines.map(({ event, text }) => lineOfEvent(event, text)),
    ...past.flatMap((event) =>
      event.decision === null ? [lineOfEvent(event, event.text)] : lineOfDecision(event.decision),
    ),
  ];
  const once = new Map<string, FeedLine>();
  for (const line of all) {
    if (line.timeMs >= fromMs && line.timeMs <= toMs) once.set(`${line.timeMs}/${line.tag}/${line.text}`, line);
  }
  return [...once.values()].sort((a, b) => b.timeMs - a.timeMs).slice(0, most);
}

function lineOfDecision({ time_ms: timeMs, changes, written, reason }: Decision__Output): FeedLine[] {
  if (changes.length === 0) return [];
  const moves = changes.map(({ knob, from, to }) => `${knob} ${from} → ${to}`).join(', ');
  return [{ timeMs, tag: written ? 'tuned' : 'advised', text: reason, moves }];
}

function lineOfEvent({ time_ms: timeMs, kind }: EventFrame__Output, text: string): FeedLine {
  const tag = TAGS[kind] ?? 'other';
  // The tag is not said twice: `probe | cow running`, not `probe | probe cow running`.
  return { timeMs, tag, text: text.startsWith(`${tag} `) ? text.slice(tag.length + 1) : text };
}
