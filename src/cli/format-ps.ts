/** The process table as text, for `ps` and `top`. Pure. */

import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import { formatBytes, formatCount, printable } from './format.js';
import { formatBreaks } from './format-breaks.js';
import type { Paint } from './format-colour.js';
import { clip, formatTable, type Column } from './format-table.js';

/** What one may sort by, with the field it means. */
export const SORT_KEYS = {
  saved: 'saved_bytes',
  profit: 'profit_bytes',
  merges: 'merges_total',
  breaks: 'cow_breaks_total',
} as const satisfies Record<string, keyof Process__Output>;

export type SortKey = keyof typeof SORT_KEYS;

export function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(SORT_KEYS, text);
}

/** Largest first; those with nothing known last; then by pid, so that rows do not jump. */
export function sortProcesses(processes: readonly Process__Output[], key: SortKey): Process__Output[] {
  const figure = (process: Process__Output): number => process[SORT_KEYS[key]] ?? -Infinity;
  return [...processes].sort((a, b) => {
    const [left, right] = [figure(a), figure(b)];
    return left === right ? a.pid - b.pid : right > left ? 1 : -1;
  });
}

const COLUMNS: readonly Column[] = [
  { head: 'PID', align: 'right' },
  { head: 'COMM' },
  { head: 'SAVED', align: 'right' },
  { head: 'MERGING', align: 'right' },
  { head: 'RMAP', align: 'right' },
  { head: 'PROFIT', align: 'right' },
  { head: 'MERGES', align: 'right' },
  { head: 'BREAKS', align: 'right' },
  { head: 'ZERO-BREAKS', align: 'right' },
  { head: '' },
];

/** TASK_COMM_LEN less its ending 0 is 15; kernel threads show up to 64. */
const COMM_WIDTH = 24;

/** Header and one line per process, in the order given. */
export function processLines(processes: readonly Process__Output[], paint: Paint): string[] {
  const rows = processes.map((process) => [
    String(process.pid),
    clip(printable(process.comm), COMM_WIDTH),
    formatBytes(process.saved_bytes),
    formatCount(process.merging_pages),
    formatCount(process.rmap_items),
    formatBytes(process.profit_bytes),
    formatCount(process.merges_total),
    formatBreaks(process),
    formatCount(process.zero_breaks_total),
    process.ended ? 'ended' : '',
  ]);
  return formatTable(COLUMNS, rows).map((line, index) => {
    if (index === 0) return paint.bold(line);
    return processes[index - 1]?.ended === true ? paint.dim(line) : line;
  });
}
