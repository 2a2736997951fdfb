/** Processes with mergeable memory. */

import type { Process__Output } from '../../../proto/generated/ksmpilot/v1/Process.js';
import { breaksOf, isEstimated } from '../breaks.js';
import { bytes, count } from '../format.js';
import type { PageState } from '../state.js';
import { SortableTable, type SortableColumn } from './sortable-table.js';

type Key = Exclude<keyof Process__Output, 'ended' | 'cow_breaks_seen'>;

const COLUMNS: readonly SortableColumn<Key, Process__Output>[] = [
  { key: 'pid', title: 'PID', means: 'Process number', word: true, show: ({ pid }) => String(pid) },
  { key: 'comm', title: 'Name', means: 'Name of the process', word: true, show: ({ comm }) => comm },
  { key: 'saved_bytes', title: 'Saved', means: 'Memory saved', show: (process) => bytes(process.saved_bytes) },
  {
    key: 'profit_bytes',
    title: 'Profit',
    means: 'Saved less the records of ksmd',
    show: (process) => bytes(process.profit_bytes),
  },
  {
    key: 'cow_breaks_total',
    title: 'COW breaks',
    means: 'Writes to merged pages since the agent started; ~ is scaled to the exact total',
    show: breaksOf,
  },
  {
    key: 'merges_total',
    title: 'Merges',
    means: 'Pages merged since the agent started',
    show: (process) => count(process.merges_total),
  },
  {
    key: 'zero_breaks_total',
    title: 'Zero breaks',
    means: 'Writes to merged zero pages since the agent started',
    show: (process) => count(process.zero_breaks_total),
  },
  {
    key: 'merging_pages',
    title: 'Merging',
    means: 'Pages mapped to KSM pages',
    show: (process) => count(process.merging_pages),
  },
  {
    key: 'zero_pages',
    title: 'Zero',
    means: 'Pages mapped to the zero page by KSM',
    show: (process) => count(process.zero_pages),
  },
  {
    key: 'rmap_items',
    title: 'rmap items',
    means: 'Pages that ksmd keeps a record of, 64 bytes each',
    show: (process) => count(process.rmap_items),
  },
  {
    key: 'anon_bytes',
    title: 'Anon',
    means: 'Resident anonymous memory',
    show: (process) => bytes(process.anon_bytes),
  },
];

export class ProcessTable {
  readonly #table = new SortableTable<Key, Process__Output>({
    id: 'processes',
    title: 'Processes',
    caption: 'Processes with mergeable memory',
    columns: COLUMNS,
    head: 'comm',
    order: { key: 'saved_bytes', descending: true },
    idOf: ({ pid }) => pid,
    dress: (row, { ended }) => row.classList.toggle('ended', ended),
  });

  mount(root: HTMLElement): void {
    this.#table.mount(root);
  }

  update({ processes, host, sample }: PageState): void {
    const none = host === undefined ? [] : ['No process has offered memory for merging.'];
    const notes = [
      ...(processes.some(isEstimated) ? ['~ is scaled to the exact total.'] : []),
      ...(sample !== undefined && sample.cow === null
        ? ['COW breaks are known in total only: counters tell nothing per process.']
        : []),
      ...(processes.some((process) => process.ended) ? ['Grey rows have ended; they stay for a minute.'] : []),
    ];
    this.#table.update(processes, processes.length === 0 ? none : notes);
  }
}
