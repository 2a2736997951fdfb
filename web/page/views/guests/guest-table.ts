/** The table of guests: virtual machines, containers, services, lone processes. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import { element, setText } from '../../dom.js';
import { isEstimated } from '../../breaks.js';
import { duration } from '../../format.js';
import type { Order } from '../../order.js';
import type { PageState } from '../../state.js';
import type { SavedPast } from '../../saved-past.js';
import { GUEST_COLUMNS, feetOf, guestsWord, type GuestKey } from './columns.js';
import { RowTable, type Column } from './row-table.js';
import { search } from './search.js';
import { fillSavedCurve } from './saved-curve.js';
import { sumsOf } from './sums.js';

export interface GuestTableOptions {
  readonly order: Order<GuestKey>;
  readonly onOrder: (order: Order<GuestKey>) => void;
  /** Address of a guest's own page. */
  readonly hrefOf: (key: string) => string;
}

export class GuestTable {
  readonly table: RowTable<GuestKey, Guest__Output>;
  readonly #hrefOf: (key: string) => string;
  #past: SavedPast | undefined;

  constructor({ order, onOrder, hrefOf }: GuestTableOptions) {
    this.#hrefOf = hrefOf;
    this.table = new RowTable<GuestKey, Guest__Output>({
      id: 'guests',
      caption: 'Guests by name, and what each saves and costs',
      columns: GUEST_COLUMNS.map((column) => this.#withFill(column)),
      head: 'name',
      order,
      onOrder,
      idOf: ({ key }) => key,
      dress: (row, { name, id, pids, doubts, suspicion_text }) => {
        const shown = pids.slice(0, 5).join(', ') + (pids.length > 5 ? `, ... (${pids.length})` : '');
        const title = [
          name,
          `${id}, pid ${shown}`,
          ...doubts,
          ...(suspicion_text === undefined ? [] : [`Suspicious: ${suspicion_text}`]),
        ].join('\n');
        if (row.title !== title) row.title = title;
      },
    });
  }

  /** Returns what is to be said below the table. */
  update({ guests: list, savedPast }: PageState, text: string): string {
    this.#past = savedPast;
    const all = list?.guests ?? [];
    const found = search(all, text);
    const rest = text.trim() === '' ? (list?.rest ?? undefined) : undefined;
    this.table.update(found, all.length === 0 ? [] : feetOf(sumsOf(found), guestsWord(found.length, all.length), rest));
    return [
      ...(savedPast.spanMs > 0
        ? [`The curves show the last ${duration(savedPast.spanMs)}, each from 0 to its own greatest.`]
        : []),
      ...(all.some(isEstimated) ? ['~ is scaled to the exact total.'] : []),
      ...(all.some(({ suspicion_text }) => suspicion_text !== undefined)
        ? ['(!): its writes look like reading other guests by timing; ksmpilot suspects shows the evidence.']
        : []),
      ...(all.some(({ doubts }) => doubts.length > 0)
        ? ["(?): something speaks against what it is taken for; the guest's page says what."]
        : []),
    ].join(' ');
  }

  #withFill(column: (typeof GUEST_COLUMNS)[number]): Column<GuestKey, Guest__Output> {
    if (column.key === 'name') return { ...column, fill: (cell, row, text) => this.#fillName(cell, row, text) };
    if (column.key === 'curve') {
      return { ...column, fill: (cell, { key }) => fillSavedCurve(cell, this.#past?.of(key) ?? new Float32Array()) };
    }
    if (column.key === 'merge') return { ...column, fill: fillMerge };
    return column;
  }

  #fillName(cell: HTMLTableCellElement, { key }: Guest__Output, text: string): void {
    const link = cell.querySelector('a') ?? cell.appendChild(element('a'));
    const href = this.#hrefOf(key);
    if (link.getAttribute('href') !== href) link.setAttribute('href', href);
    setText(link, text);
  }
}

/** A sign besides the word, so that the few that are off are found at a glance without their colour. */
function fillMerge(cell: HTMLTableCellElement, { merge }: Guest__Output, text: string): void {
  const tag = cell.querySelector('span') ?? cell.appendChild(element('span'));
  const look = `merge-tag ${merge ?? 'unknown'}`;
  if (tag.className !== look) tag.className = look;
  setText(tag, text);
}
