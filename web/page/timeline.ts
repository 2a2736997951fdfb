/** Decisions and events as lists without end or repeats. Pure. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';

/** Decisions kept for the list and the marks; older ones go. */
export const MAX_DECISIONS = 500;
/** Lines of the event list. */
export const MAX_EVENTS = 300;

/** Adds decisions; the same one (by time and number) is kept once, in its newest form. Oldest first. */
export function mergeDecisions(
  known: readonly Decision__Output[],
  added: readonly Decision__Output[],
): readonly Decision__Output[] {
  const byKey = new Map([...known, ...added].map((decision) => [`${decision.time_ms}/${decision.id}`, decision]));
  return [...byKey.values()].sort((a, b) => a.time_ms - b.time_ms || a.id - b.id).slice(-MAX_DECISIONS);
}

/** Consecutive decisions that changed nothing and say the same count as one line. */
export interface DecisionLine {
  /** The newest of them. */
  readonly decision: Decision__Output;
  readonly times: number;
  readonly sinceMs: number;
}

/** Newest first, at most `most`. */
export function decisionLines(decisions: readonly Decision__Output[], most: number): readonly DecisionLine[] {
  const lines: DecisionLine[] = [];
  for (const decision of [...decisions].reverse()) {
    const last = lines.at(-1);
    if (last !== undefined && isSame(last.decision, decision)) {
      lines[lines.length - 1] = { ...last, times: last.times + 1, sinceMs: decision.time_ms };
    } else {
      if (lines.length === most) break;
      lines.push({ decision, times: 1, sinceMs: decision.time_ms });
    }
  }
  return lines;
}

function isSame(newer: Decision__Output, older: Decision__Output): boolean {
  return newer.phase === older.phase && newer.changes.length === 0 && older.changes.length === 0;
}

/** One line of the event list. */
export interface EventLine {
  /** The newest of the events that the line stands for. */
  readonly event: EventFrame__Output;
  readonly times: number;
  /** One sentence for all of them. */
  readonly text: string;
  /** Of a line of full scans: what they did together. */
  readonly scans?: ScanSum;
}

interface ScanSum {
  readonly firstSeq: number;
  readonly merges: number;
  readonly cpuUs: number;
}

/**
 * Adds an event, newest first. Full scans that follow each other share a line: a small host does fifty in a second.
 * Decisions have their own list. Events come in the order of time; one sent again after a break is left out.
 */
export function addEvent(lines: readonly EventLine[], event: EventFrame__Output): readonly EventLine[] {
  if (event.kind === 'EVENT_KIND_DECISION') return lines;
  const [newest, ...older] = lines;
  if (newest !== undefined && isRepeat(newest.event, event)) return lines;
  const scans = sumOf(event, newest?.scans);
  if (newest?.scans !== undefined && scans !== undefined) {
    return [{ event, times: newest.times + 1, text: scansText(event, scans), scans }, ...older];
  }
  const line: EventLine = { event, times: 1, text: event.text, ...(scans === undefined ? {} : { scans }) };
  return [line, ...lines].slice(0, MAX_EVENTS);
}

function sumOf({ full_scan: scan }: EventFrame__Output, before: ScanSum | undefined): ScanSum | undefined {
  if (scan === null) return undefined;
  const merges = scan.merges_new + scan.merges_into + scan.merges_zero;
  return {
    firstSeq: before?.firstSeq ?? scan.seq,
    merges: (before?.merges ?? 0) + merges,
    cpuUs: (before?.cpuUs ?? 0) + scan.cpu_us,
  };
}

function scansText({ full_scan: scan }: EventFrame__Output, { firstSeq, merges, cpuUs }: ScanSum): string {
  const cpuSec = (cpuUs / 1e6).toFixed(3);
  return `full scans ${firstSeq} to ${scan?.seq ?? '?'}: ${merges} merges, ${cpuSec} s of CPU, ${scan?.rmap_items ?? '?'} rmap items`;
}

function isRepeat(newest: EventFrame__Output, event: EventFrame__Output): boolean {
  return event.time_ms < newest.time_ms || (event.time_ms === newest.time_ms && event.seq <= newest.seq);
}
