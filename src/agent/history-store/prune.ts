/** Keeps the file within its retention and its cap. */

import { capEvents, pruneEvents } from './event-table.js';
import type { HistoryFile } from './history-file.js';
import { DAY_MS, EVICTED_FIRST, type Retention, TIER_NAMES, TIERS } from './tiers.js';

/** Blocks deleted in one transaction: some 10 ms. */
const DELETED_AT_ONCE = 1000;

/** Transactions of one eviction; the rest waits for the next minute. */
const EVICTIONS_AT_ONCE = 50;

/** Room for the write-ahead log (4 MiB, and what is being folded into the file), which counts as well. */
const LOG_ROOM_BYTES = 8 * 2 ** 20;

/** Free pages are kept for what comes, up to so many. */
const FREE_PAGES_KEPT = 1024;

/** Pages given back to the file system at once. */
const PAGES_FREED_AT_ONCE = 1024;

/** Deletes what is older than its retention, a bounded number of rows at a time. */
export function pruneByAge(file: HistoryFile, nowMs: number, retention: Retention): void {
  const longest = Math.max(...Object.values(retention));
  file.transaction(() => {
    for (const name of TIER_NAMES) {
      const { id, blockMs } = TIERS[name];
      deleteBlocks(file, id, nowMs - retention[name] - blockMs);
      file.sql('DELETE FROM loose WHERE tier = ? AND start_ms < ?').run(id, nowMs - retention[name]);
    }
    pruneEvents(file, nowMs, retention.hours);
    file.sql('DELETE FROM series WHERE seen_ms < ?').run(nowMs - longest - DAY_MS);
  });
}

/** Deletes what a clock that was far ahead has left: it would be in the way for as long as it was. */
export function pruneFuture(file: HistoryFile, nowMs: number): void {
  const latest = nowMs + DAY_MS;
  file.transaction(() => {
    for (const name of TIER_NAMES) {
      const { id } = TIERS[name];
      file.sql('DELETE FROM block WHERE tier = ? AND start_ms > ?').run(id, latest);
      file.sql('DELETE FROM loose WHERE tier = ? AND start_ms > ?').run(id, latest);
    }
    file.sql('DELETE FROM event WHERE time_ms > ?').run(latest);
  });
}

/** Deletes the oldest blocks, finest tiers first, until the file with its log is within `maxBytes`. */
export function pruneBySize(file: HistoryFile, maxBytes: number): void {
  file.transaction(() => capEvents(file));
  const most = maxBytes - LOG_ROOM_BYTES;
  for (let round = 0; round < EVICTIONS_AT_ONCE && usedBytes(file) > most; round += 1) {
    const oldest = oldestBlock(file);
    if (oldest === undefined) break;
    file.transaction(() => deleteBlocks(file, oldest.tier, oldest.startMs + 1));
  }
  giveBack(file, most);
}

/** Of the tier that is to go first and has any. */
function oldestBlock(file: HistoryFile): { tier: number; startMs: number } | undefined {
  for (const name of EVICTED_FIRST) {
    const tier = TIERS[name].id;
    const startMs = file.number('SELECT min(start_ms) FROM block WHERE tier = ?', tier);
    if (startMs !== undefined) return { tier, startMs };
  }
  return undefined;
}

function deleteBlocks(file: HistoryFile, tier: number, beforeMs: number): void {
  file
    .sql(
      'DELETE FROM block WHERE id IN ' +
        `(SELECT id FROM block WHERE tier = ? AND start_ms < ? ORDER BY start_ms LIMIT ${DELETED_AT_ONCE})`,
    )
    .run(tier, beforeMs);
}

/** Pages in use; those that are free are used before the file grows. */
function usedBytes(file: HistoryFile): number {
  const pages = (file.number('PRAGMA page_count') ?? 0) - (file.number('PRAGMA freelist_count') ?? 0);
  return pages * (file.number('PRAGMA page_size') ?? 0);
}

/** After the cap was lowered, or much was deleted: free pages back to the file system, some at a time. */
function giveBack(file: HistoryFile, most: number): void {
  const free = file.number('PRAGMA freelist_count') ?? 0;
  const bytes = (file.number('PRAGMA page_count') ?? 0) * (file.number('PRAGMA page_size') ?? 0);
  if (free > 0 && (bytes > most || free > FREE_PAGES_KEPT)) {
    // It frees a page a step.
    file.sql(`PRAGMA incremental_vacuum(${PAGES_FREED_AT_ONCE})`).all();
  }
}
