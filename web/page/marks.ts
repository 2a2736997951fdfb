/** What happened, as marks in the charts: decisions that move knobs, modes, guests that come and go, knobs moved by others. Pure. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';

export type MarkKind =
  /** The tuner moved knobs. */
  | 'written'
  /** The tuner would move knobs (advise). */
  | 'advised'
  /** Somebody else moved a knob. */
  | 'foreign'
  | 'mode'
  | 'entered'
  | 'left';

export interface Mark {
  readonly timeMs: number;
  readonly kind: MarkKind;
  /** One sentence or the start of one. */
  readonly text: string;
}

/** Times that differ by less are one. */
const SAME_MS = 0.5;

/** What each kind is called in legends. */
export const MARK_NAMES: Readonly<Record<MarkKind, string>> = {
  written: 'the tuner moved knobs',
  advised: 'the tuner would move knobs',
  foreign: 'somebody else moved a knob',
  mode: 'mode changed',
  entered: 'memory offered',
  left: 'memory withdrawn',
};

/** Kinds of events that make marks. */
export const MARKING_EVENTS = [
  'EVENT_KIND_DECISION',
  'EVENT_KIND_MODE',
  'EVENT_KIND_PROCESS_ENTERED',
  'EVENT_KIND_PROCESS_LEFT',
  'EVENT_KIND_KNOB_CHANGED',
] as const;

/** Marks of decisions and events, oldest first, each once however many lists it is in. */
export function marksOf(
  decisions: readonly Decision__Output[],
  events: readonly EventFrame__Output[],
): readonly Mark[] {
  const all = [
    ...decisions.map(markOfDecision),
    ...events.map((event) => (event.decision === null ? markOfEvent(event) : markOfDecision(event.decision))),
  ];
  const once = new Map<string, Mark>();
  for (const mark of all) if (mark !== undefined) once.set(`${mark.timeMs}/${mark.kind}/${mark.text}`, mark);
  return [...once.values()].sort((a, b) => a.timeMs - b.timeMs);
}

function markOfDecision({ time_ms: timeMs, changes, written, phase, reason }: Decision__Output): Mark | undefined {
  if (changes.length === 0) return undefined;
  const moves = changes.map(({ knob, from, to }) => `${knob} ${from} → ${to}`).join(', ');
  return { timeMs, kind: written ? 'written' : 'advised', text: `${phase}: ${reason} ${moves}` };
}

function markOfEvent({ time_ms: timeMs, kind, knob, text }: EventFrame__Output): Mark | undefined {
  switch (kind) {
    case 'EVENT_KIND_MODE':
      return { timeMs, kind: 'mode', text };
    case 'EVENT_KIND_PROCESS_ENTERED':
      return { timeMs, kind: 'entered', text };
    case 'EVENT_KIND_PROCESS_LEFT':
      return { timeMs, kind: 'left', text };
    case 'EVENT_KIND_KNOB_CHANGED':
      // Our own are told by the decision that made them.
      return knob === null || knob.by === 'ksmpilot' ? undefined : { timeMs, kind: 'foreign', text };
    default:
      return undefined;
  }
}

/** Marks that cannot be told apart at this scale. */
export interface Cluster {
  /** Of the first and the last of them, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Oldest first; never empty. */
  readonly marks: readonly Mark[];
  /** The kind of all of them; undefined: mixed. */
  readonly kind: MarkKind | undefined;
}

/**
 * Marks from `fromMs` to `toMs`, those nearer to the first of a cluster than `apartMs` taken together.
 *
 * @param marks oldest first
 */
export function clustersOf(
  marks: readonly Mark[],
  { fromMs, toMs, apartMs }: { readonly fromMs: number; readonly toMs: number; readonly apartMs: number },
): readonly Cluster[] {
  const groups: Mark[][] = [];
  for (const mark of marks) {
    if (mark.timeMs < fromMs || mark.timeMs > toMs) continue;
    const last = groups.at(-1);
    if (last?.[0] !== undefined && mark.timeMs - last[0].timeMs < apartMs) last.push(mark);
    else groups.push([mark]);
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return [];
    const kind = group.every((mark) => mark.kind === first.kind) ? first.kind : undefined;
    return [{ fromMs: first.timeMs, toMs: last.timeMs, marks: group, kind }];
  });
}

/** The cluster in whose reach a time is; the nearest where there are several. */
export function clusterAt(clusters: readonly Cluster[], timeMs: number, reachMs: number): Cluster | undefined {
  const away = ({ fromMs, toMs }: Cluster): number => Math.max(fromMs - timeMs, timeMs - toMs, 0);
  let best: Cluster | undefined;
  for (const cluster of clusters) {
    if (away(cluster) > reachMs) continue;
    if (best === undefined || away(cluster) < away(best)) best = cluster;
  }
  return best;
}

/** Middle of the first cluster after a time, or of the last before it, as drawn; undefined: there is none. */
export function nextCluster(clusters: readonly Cluster[], timeMs: number, isBack: boolean): number | undefined {
  const middles = clusters.map(({ fromMs, toMs }) => (fromMs + toMs) / 2);
  return isBack
    ? middles.findLast((middle) => middle < timeMs - SAME_MS)
    : middles.find((middle) => middle > timeMs + SAME_MS);
}

/** Kinds and how often each is there, the most frequent first: `3 memory offered, 1 mode changed`. */
export function clusterSentence({ marks }: Cluster): string {
  const counts = new Map<MarkKind, number>();
  for (const { kind } of marks) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([kind, count]) => `${count} × ${MARK_NAMES[kind]}`)
    .join(', ');
}
