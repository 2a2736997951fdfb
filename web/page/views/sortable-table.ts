/** A panel with a table of rows that come and go; any column sorts. */

import { element, setText } from '../dom.js';
import { count } from '../format.js';
import { ordered, type Order } from '../order.js';

type Sortable<Key extends string> = { readonly [K in Key]?: string | number | undefined };

export interface SortableColumn<Key extends string, Row> {
  readonly key: Key;
  readonly title: string;
  readonly means: string;
  readonly show: (row: Row) => string;
  /** Words go left and are sorted from a on, figures go right and from the largest down. */
  readonly word?: boolean;
}

export interface SortableTableOptions<Key extends string, Row> {
  /** `processes`: data-testid of the table, and what other ids begin with. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly columns: readonly SortableColumn<Key, Row>[];
  /** The column that names a row for who does not see it. */
  readonly head: Key;
  readonly order: Order<Key>;
  /** Different for each row, and its own from one update to the next; equals are sorted by it. */
  readonly idOf: (row: Row) => string | number;
  /** What the row element shows besides its cells. */
  readonly dress?: (element: HTMLTableRowElement, row: Row) => void;
}

/** More rows than anybody reads cost layout at each tick. */
const MAX_ROWS = 200;

export class SortableTable<Key extends string, Row extends Sortable<Key>> {
  readonly #options: SortableTableOptions<Key, Row>;
  readonly #body = element('tbody');
  readonly #foot = element('tfoot');
  readonly #heads: readonly HTMLTableCellElement[];
  readonly #note: HTMLParagraphElement;
  readonly #elements = new Map<string | number, HTMLTableRowElement>();
  #order: Order<Key>;
  #rows: readonly Row[] = [];

  constructor(options: SortableTableOptions<Key, Row>) {
    this.#options = options;
    this.#order = options.order;
    this.#heads = options.columns.map((column) => element('th', { scope: 'col', class: classOf(column) }));
    this.#note = element('p', { class: 'note', 'data-testid': `${options.id}-note` }, '\u00a0');
  }

  mount(root: HTMLElement): void {
    const { id, title, caption, columns } = this.#options;
    columns.forEach((column, index) => {
      const attributes = { type: 'button', title: column.means, 'data-testid': `${id}-sort-${column.key}` };
      const sort = element('button', attributes, column.title);
      sort.addEventListener('click', () => this.#sortBy(column));
      this.#heads[index]?.append(sort);
    });
    const table = element(
      'table',
      { class: 'sortable', 'data-testid': id },
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, element('tr', {}, ...this.#heads)),
      this.#body,
      this.#foot,
    );
    root.append(
      element(
        'section',
        { class: 'panel wide', 'aria-labelledby': `${id}-title` },
        element('h2', { id: `${id}-title` }, title),
        element(
          'div',
          { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Table of ${title.toLowerCase()}` },
          table,
        ),
        this.#note,
      ),
    );
    this.#markOrder();
  }

  /**
   * @param notes said below, besides how many rows are not shown
   * @param sum cells of a last row that no order moves
   */
  update(rows: readonly Row[], notes: readonly string[], sum?: readonly string[]): void {
    this.#rows = rows;
    this.#fill();
    this.#sum(sum);
    const hidden = rows.length - MAX_ROWS;
    const more = hidden > 0 ? [`${count(hidden)} more are not shown.`] : [];
    setText(this.#note, [...more, ...notes].join(' ') || '\u00a0');
  }

  #sortBy({ key, word = false }: SortableColumn<Key, Row>): void {
    this.#order = { key, descending: this.#order.key === key ? !this.#order.descending : !word };
    this.#markOrder();
    this.#fill();
  }

  #markOrder(): void {
    this.#options.columns.forEach(({ key }, index) => {
      const head = this.#heads[index];
      if (key !== this.#order.key) head?.removeAttribute('aria-sort');
      else head?.setAttribute('aria-sort', this.#order.descending ? 'descending' : 'ascending');
    });
  }

  #fill(): void {
    const { idOf } = this.#options;
    const rows = ordered(this.#rows, this.#order, idOf).slice(0, MAX_ROWS);
    const ids = new Set(rows.map(idOf));
    for (const [id, row] of this.#elements) {
      if (ids.has(id)) continue;
      row.remove();
      this.#elements.delete(id);
    }
    rows.forEach((row, place) => {
      const shown = this.#element(row);
      if (this.#body.children[place] !== shown) this.#body.insertBefore(shown, this.#body.children[place] ?? null);
    });
  }

  #element(row: Row): HTMLTableRowElement {
    const { columns, idOf, dress } = this.#options;
    const id = idOf(row);
    let shown = this.#elements.get(id);
    if (shown === undefined) {
      shown = this.#blank();
      shown.dataset['row'] = String(id);
      this.#elements.set(id, shown);
    }
    fillCells(
      shown,
      columns.map(({ show }) => show(row)),
    );
    dress?.(shown, row);
    return shown;
  }

  #sum(cells: readonly string[] | undefined): void {
    if (cells === undefined) {
      this.#foot.replaceChildren();
      return;
    }
    const shown = this.#foot.rows[0] ?? this.#blank();
    if (shown.parentElement === null) this.#foot.append(shown);
    fillCells(shown, cells);
  }

  #blank(): HTMLTableRowElement {
    const { columns, head } = this.#options;
    const cells = columns.map((column) =>
      column.key === head
        ? element('th', { class: classOf(column), scope: 'row' })
        : element('td', { class: classOf(column) }),
    );
    return element('tr', {}, ...cells);
  }
}

function classOf({ key, word = false }: { readonly key: string; readonly word?: boolean }): string {
  return word ? `${key} word` : key;
}

function fillCells(row: HTMLTableRowElement, texts: readonly string[]): void {
  texts.forEach((text, index) => {
    const cell = row.cells[index];
    if (cell !== undefined) setText(cell, text);
  });
}
