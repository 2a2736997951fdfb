/** Events in the file: what the agent reported as it happened, decisions included. */

import { deflateSync, inflateSync } from 'node:zlib';
import type { AgentEvent } from '../model/event.js';
import type { EventAnswer, EventQuery } from '../model/past.js';
import type { HistoryFile } from './history-file.js';
import type { SqlRow } from './sqlite.js';
import { DAY_MS } from './tiers.js';

/** Kinds that come all the time, and say little a week later. */
const CHATTY: ReadonlySet<AgentEvent['kind']> = new Set(['full-scan', 'entered', 'exited']);

/** How long these are kept; the rest is kept as long as hours are. */
const CHATTY_KEPT_MS = 7 * DAY_MS;

/** Events that are kept at most: some 40 MB. The oldest go first. */
const EVENTS_MAX = 100_000;

/** A decision with all its estimates is a tenth of it. */
const MAX_EVENT_BYTES = 2 ** 20;

/** Events deleted in one go. */
const DELETED_AT_ONCE = 2000;

/** Within a transaction. */
export function writeEvents(file: HistoryFile, events: readonly AgentEvent[]): void {
  for (const event of events) {
    file
      .sql('INSERT INTO event (time_ms, kind, data) VALUES (?, ?, ?)')
      .run(event.timeMs, event.kind, deflateSync(JSON.stringify(event)));
  }
}

/** @param unwritten events that are not in the file yet, oldest first @param toMs exclusive */
export function readEvents(
  file: HistoryFile,
  { fromMs, kinds, limit }: EventQuery,
  toMs: number,
  unwritten: readonly AgentEvent[],
): EventAnswer {
  const ofKinds = kinds.length === 0 ? '' : `AND kind IN (${kinds.map(() => '?').join(', ')})`;
  const rows = file
    .sql(`SELECT data FROM event WHERE time_ms >= ? AND time_ms < ? ${ofKinds} ORDER BY time_ms DESC, id DESC LIMIT ?`)
    .all(fromMs, toMs, ...kinds, limit + 1);
  const events = rows.flatMap(parseEvent).reverse();
  const waiting = unwritten.filter(
    ({ timeMs, kind }) => timeMs >= fromMs && timeMs < toMs && (kinds.length === 0 || kinds.includes(kind)),
  );
  const all = [...events, ...waiting].sort((a, b) => a.timeMs - b.timeMs);
  return { events: all.slice(-limit), more: all.length > limit };
}

/** Deletes what is kept no longer, at most so many at once. Within a transaction. */
export function pruneEvents(file: HistoryFile, nowMs: number, keptMs: number): void {
  const chatty = [...CHATTY].map((kind) => `'${kind}'`).join(', ');
  const deleteWhere = (where: string, ...values: number[]): void => {
    file
      .sql(`DELETE FROM event WHERE id IN (SELECT id FROM event WHERE ${where} LIMIT ${DELETED_AT_ONCE})`)
      .run(...values);
  };
  deleteWhere('time_ms < ?', nowMs - keptMs);
  deleteWhere(`time_ms < ? AND kind IN (${chatty})`, nowMs - CHATTY_KEPT_MS);
}

/** Keeps the count of events within bounds, whatever the clock says. Within a transaction. */
export function capEvents(file: HistoryFile): void {
  const newest = file.number('SELECT max(id) FROM event');
  if (newest !== undefined) file.sql('DELETE FROM event WHERE id <= ?').run(newest - EVENTS_MAX);
}

function parseEvent({ data }: SqlRow): AgentEvent[] {
  try {
    if (!(data instanceof Uint8Array)) return [];
    return [JSON.parse(inflateSync(data, { maxOutputLength: MAX_EVENT_BYTES }).toString()) as AgentEvent];
  } catch {
    return []; // damaged on the disk: zlib's checksum says so
  }
}
