/** The table of processes with mergeable memory. */

import type { Process__Output } from '../../../../proto/generated/ksmpilot/v1/Process.js';
import { breaksOf, isEstimated } from '../../breaks.js';
import { bytes, count } from '../../format.js';
import type { PageState } from '../../state.js';
import { RowTable, type Column } from './row-table.js';

type Key = Exclude<keyof Process__Output, 'ended' | 'cow_breaks_seen'>;

function figure(
  key: Key,
  title: string,
  means: string,
  show: (value: number | undefined) => string,
): Column<Key, Process__Output> {
  const value = (process: Process__Output): number | undefined => process[key] as number | undefined;
  return { key, title, means, value, show: (process) => show(value(process)) };
}

const COLUMNS: readonly Column<Key, Process__Output>[] = [
  {
    key: 'comm',
    title: 'Name',
    means: 'Name of the process',
    word: true,
    value: ({ comm }) => comm,
    show: ({ comm }) => comm,
  },
  { ...figure('pid', 'PID', 'Process number', String), word: true },
  figure('saved_bytes', 'Saved', 'Memory saved', bytes),
  figure('profit_bytes', 'Profit', 'Saved less the records of ksmd', bytes),
  figure('anon_bytes', 'Anonymous', 'Resident anonymous memory', bytes),
  figure('merges_total', 'Merges', 'Pages merged since the agent started', count),
  {
    ...figure(
      'cow_breaks_total',
      'COW breaks',
      'Writes to merged pages since the agent started; ~ is scaled to the exact total',
      count,
    ),
    show: breaksOf,
  },
  figure('zero_breaks_total', 'Zero breaks', 'Writes to merged zero pages since the agent started', count),
  figure('merging_pages', 'Merging', 'Pages mapped to KSM pages', count),
  figure('zero_pages', 'Zero', 'Pages mapped to the zero page by KSM', count),
  figure('rmap_items', 'rmap items', 'Pages that ksmd keeps a record of, 64 bytes each', count),
];

export class ProcessTable {
  readonly table = new RowTable<Key, Process__Output>({
    id: 'processes',
    caption: 'Processes with mergeable memory',
    columns: COLUMNS,
    head: 'comm',
    order: { key: 'saved_bytes', descending: true },
    idOf: ({ pid }) => String(pid),
    dress: (row, { ended }) => row.classList.toggle('ended', ended),
  });

  /** Returns what is to be said below the table. */
  update({ processes, sample }: PageState, text: string): string {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = processes.filter(({ pid, comm }) =>
      words.every((word) => comm.toLowerCase().includes(word) || String(pid) === word),
    );
    this.table.update(found);
    return [
      ...(processes.some(isEstimated) ? ['~ is scaled to the exact total.'] : []),
      ...(sample !== undefined && sample.cow === null
        ? ['COW breaks are known in total only: counters tell nothing per process.']
        : []),
      ...(processes.some((process) => process.ended)
        ? ['Grey rows in italics have ended; they stay for a minute.']
        : []),
    ].join(' ');
  }
}
