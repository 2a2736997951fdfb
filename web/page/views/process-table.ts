/** Processes with mergeable memory; any column sorts. */

import type { Process__Output } from '../../../proto/generated/ksmpilot/v1/Process.js';
import { element, setText } from '../dom.js';
import { bytes, count } from '../format.js';
import { ordered, type Order, type SortKey } from '../process-order.js';
import type { PageState } from '../state.js';

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly means: string;
  readonly show: (process: Process__Output) => string;
}

const COLUMNS: readonly Column[] = [
  { key: 'pid', title: 'PID', means: 'Process number', show: ({ pid }) => String(pid) },
  { key: 'comm', title: 'Name', means: 'Name of the process', show: ({ comm }) => comm },
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
    means: 'Writes to merged pages since the agent started',
    show: (process) => count(process.cow_breaks_total),
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

/** More rows than anybody reads cost layout at each tick. */
const MAX_ROWS = 200;

export class ProcessTable {
  readonly #body = element('tbody');
  readonly #heads = COLUMNS.map(({ key }) => element('th', { scope: 'col', class: key }));
  readonly #rest = element('p', { class: 'note', 'data-testid': 'processes-note' }, '\u00a0');
  readonly #rows = new Map<number, HTMLTableRowElement>();
  #order: Order = { key: 'saved_bytes', descending: true };
  #shown: readonly Process__Output[] = [];

  mount(root: HTMLElement): void {
    COLUMNS.forEach(({ key, title, means }, index) => {
      const sort = element('button', { type: 'button', title: means, 'data-testid': `sort-${key}` }, title);
      sort.addEventListener('click', () => this.#sortBy(key));
      this.#heads[index]?.append(sort);
    });
    const table = element(
      'table',
      { 'data-testid': 'processes' },
      element('caption', { class: 'unseen' }, 'Processes with mergeable memory'),
      element('thead', {}, element('tr', {}, ...this.#heads)),
      this.#body,
    );
    root.append(
      element(
        'section',
        { class: 'panel wide', 'aria-labelledby': 'processes-title' },
        element('h2', { id: 'processes-title' }, 'Processes'),
        element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of processes' }, table),
        this.#rest,
      ),
    );
    this.#markOrder();
  }

  update({ processes, host }: PageState): void {
    this.#shown = processes;
    this.#fill();
    const hidden = processes.length - MAX_ROWS;
    const none = host === undefined ? '\u00a0' : 'No process has offered memory for merging.';
    const ended = processes.some((process) => process.ended)
      ? 'Grey rows have ended; they stay for a minute.'
      : '\u00a0';
    const rest = hidden > 0 ? `${count(hidden)} more processes are not shown.` : ended;
    setText(this.#rest, processes.length === 0 ? none : rest);
  }

  #sortBy(key: SortKey): void {
    const again = this.#order.key === key;
    // Figures are looked at from the greatest down, names and numbers of processes from the first up.
    const first = key !== 'comm' && key !== 'pid';
    this.#order = { key, descending: again ? !this.#order.descending : first };
    this.#markOrder();
    this.#fill();
  }

  #markOrder(): void {
    COLUMNS.forEach(({ key }, index) => {
      const head = this.#heads[index];
      if (key !== this.#order.key) head?.removeAttribute('aria-sort');
      else head?.setAttribute('aria-sort', this.#order.descending ? 'descending' : 'ascending');
    });
  }

  #fill(): void {
    const rows = ordered(this.#shown, this.#order).slice(0, MAX_ROWS);
    const pids = new Set(rows.map(({ pid }) => pid));
    for (const [pid, row] of this.#rows) {
      if (pids.has(pid)) continue;
      row.remove();
      this.#rows.delete(pid);
    }
    rows.forEach((process, place) => {
      const row = this.#row(process);
      if (this.#body.children[place] !== row) this.#body.insertBefore(row, this.#body.children[place] ?? null);
    });
  }

  #row(process: Process__Output): HTMLTableRowElement {
    let row = this.#rows.get(process.pid);
    if (row === undefined) {
      row = element('tr', { 'data-pid': String(process.pid) });
      row.append(...COLUMNS.map(({ key }) => element(key === 'comm' ? 'th' : 'td', { class: key })));
      row.querySelector('th')?.setAttribute('scope', 'row');
      this.#rows.set(process.pid, row);
    }
    COLUMNS.forEach(({ show }, index) => {
      const cell = row.children[index];
      if (cell !== undefined) setText(cell, show(process));
    });
    row.classList.toggle('ended', process.ended);
    return row;
  }
}
