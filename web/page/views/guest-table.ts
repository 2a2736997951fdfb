/** Guests by name: virtual machines, containers, services. */

import type { Guest__Output } from '../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestRest__Output } from '../../../proto/generated/ksmpilot/v1/GuestRest.js';
import { breaksOf, isEstimated } from '../breaks.js';
import { bytes, count, orUnknown, signedCores } from '../format.js';
import type { PageState } from '../state.js';
import { SortableTable, type SortableColumn } from './sortable-table.js';

type Key =
  | 'name'
  | 'kind'
  | 'merge'
  | 'mergeable_bytes'
  | 'saved_bytes'
  | 'worth_per_hour'
  | 'merges_total'
  | 'cow_breaks_total';

interface Column extends SortableColumn<Key, Guest__Output> {
  /** What the host has and no guest was charged with. */
  readonly rest: (rest: GuestRest__Output) => string;
}

const nothing = (): string => '';

const COLUMNS: readonly Column[] = [
  {
    key: 'name',
    title: 'Name',
    means: 'Name of the guest, as its manager or it itself says',
    word: true,
    show: ({ name }) => name,
    rest: () => 'rest',
  },
  {
    key: 'kind',
    title: 'Kind',
    means: 'What runs it',
    word: true,
    show: ({ kind, doubts }) => (doubts.length === 0 ? kind : `${kind} (?)`),
    rest: nothing,
  },
  {
    key: 'saved_bytes',
    title: 'Saved',
    means: "Its part of the memory saved; with the rest, the parts sum to the host's",
    show: (guest) => bytes(guest.saved_bytes),
    rest: (rest) => bytes(rest.saved_bytes),
  },
  {
    key: 'worth_per_hour',
    title: 'Worth',
    means: "Cores: what its saving is worth less its part of ksmd's CPU",
    show: (guest) => signedCores(guest.worth_per_hour),
    rest: (rest) => signedCores(rest.worth_per_hour),
  },
  {
    key: 'merges_total',
    title: 'Merges',
    means: 'Pages merged since the agent started',
    show: (guest) => count(guest.merges_total),
    rest: nothing,
  },
  {
    key: 'cow_breaks_total',
    title: 'COW breaks',
    means: 'Writes to merged pages since the agent started; ~ is scaled to the exact total',
    show: breaksOf,
    rest: nothing,
  },
  {
    key: 'mergeable_bytes',
    title: 'Offered',
    means: 'Resident memory offered to KSM',
    show: (guest) => bytes(guest.mergeable_bytes),
    rest: nothing,
  },
  {
    key: 'merge',
    title: 'Merge',
    means: 'Is its memory offered to KSM?',
    word: true,
    show: ({ merge }) => orUnknown(merge),
    rest: nothing,
  },
];

export class GuestTable {
  readonly #table = new SortableTable<Key, Guest__Output>({
    id: 'guests',
    title: 'Guests',
    caption: 'Virtual machines, containers and services by name, and what each saves and costs',
    columns: COLUMNS,
    head: 'name',
    order: { key: 'saved_bytes', descending: true },
    idOf: ({ key }) => key,
    dress: (row, { name, id, pids, doubts }) => {
      const shown = pids.slice(0, 5).join(', ') + (pids.length > 5 ? `, ... (${pids.length})` : '');
      const title = [name, `${id}, pid ${shown}`, ...doubts].join('\n');
      if (row.title !== title) row.title = title;
    },
  });

  mount(root: HTMLElement): void {
    this.#table.mount(root);
  }

  update({ guests: list }: PageState): void {
    const guests = list?.guests ?? [];
    const rest = list?.rest ?? undefined;
    const pending = list?.pending ?? 0;
    const none = list === undefined ? [] : ['No machine runs here, and nobody has offered memory for merging.'];
    const notes = [
      ...(pending > 0 ? [`${count(pending)} processes are not looked at yet.`] : []),
      ...(guests.some(isEstimated) ? ['~ is scaled to the exact total.'] : []),
      ...(guests.some(({ doubts }) => doubts.length > 0)
        ? ['(?): something speaks against what it is taken for; ksmpilot guests says what.']
        : []),
    ];
    this.#table.update(
      guests,
      guests.length === 0 ? none : notes,
      rest === undefined ? undefined : COLUMNS.map((column) => column.rest(rest)),
    );
  }
}
