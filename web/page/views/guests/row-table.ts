/**
 * A table of many rows that come, go and change, sortable by any column. Only the rows in sight are in the document, so
 * that a thousand cost as much as thirty; columns have widths of their own (in CSS), so that nothing moves as figures
 * change. Rows change places every few seconds at most, and not while the pointer or the focus is on one.
 */

import { element, setText } from '../../dom.js';
import { ordered, type Order } from '../../order.js';
import { rowAfter } from './row-walk.js';
import { rowWindow } from './row-window.js';

export interface Column<Key extends string, Row> {
  readonly key: Key;
  readonly title: string;
  /** What the figure is, with its unit. */
  readonly means: string;
  /** What rows are sorted by; undefined is unknown, and last. Columns without are not sorted by. */
  readonly value?: (row: Row) => string | number | undefined;
  readonly show: (row: Row) => string;
  /** Words go left and are sorted from a on, figures go right and from the largest down. */
  readonly word?: boolean;
  /** For cells that are more than text; default: the text of `show`. */
  readonly fill?: (cell: HTMLTableCellElement, row: Row, text: string) => void;
}

export interface RowTableOptions<Key extends string, Row> {
  /** `guests`: data-testid of the table, and what those of its parts begin with. */
  readonly id: string;
  /** For who does not see it: what the table lists. */
  readonly caption: string;
  readonly columns: readonly Column<Key, Row>[];
  /** The column that names a row. */
  readonly head: Key;
  readonly order: Order<Key>;
  /** Different for each row, and its own from one update to the next; equals are sorted by it. */
  readonly idOf: (row: Row) => string;
  /** What the row element shows besides its cells. */
  readonly dress?: (element: HTMLTableRowElement, row: Row) => void;
  /** The operator chose another order. */
  readonly onOrder?: (order: Order<Key>) => void;
}

/** Until a row was measured, pixels. */
const USUAL_ROW_HEIGHT = 26;

/** Figures change each second; rows that changed places as often could not be read. */
const RESORT_MS = 5_000;

export class RowTable<Key extends string, Row> {
  readonly root: HTMLElement;
  readonly #options: RowTableOptions<Key, Row>;
  readonly #table: HTMLTableElement;
  readonly #above = spacer();
  readonly #body = element('tbody');
  readonly #below = spacer();
  readonly #foot = element('tfoot');
  readonly #heads: readonly HTMLTableCellElement[];
  readonly #elements = new Map<string, HTMLTableRowElement>();
  readonly #sizes = new ResizeObserver(() => {
    this.#isMeasured = false;
    this.#fill('new rows');
  });
  #order: Order<Key>;
  /** As given, and as shown. */
  #given: readonly Row[] = [];
  #rows: readonly Row[] = [];
  #rowHeight = USUAL_ROW_HEIGHT;
  #isMeasured = false;
  #isUnderPointer = false;
  #sortedAt = -Infinity;

  constructor(options: RowTableOptions<Key, Row>) {
    this.#options = options;
    this.#order = options.order;
    const { id, caption, columns } = options;
    this.#heads = columns.map((column) => this.#headOf(column));
    this.#table = element(
      'table',
      { class: `rows ${id}`, 'data-testid': id },
      element('caption', { class: 'unseen' }, caption),
      element('colgroup', {}, ...columns.map(({ key }) => element('col', { class: key }))),
      element('thead', {}, element('tr', { 'aria-rowindex': '1' }, ...this.#heads)),
      this.#above,
      this.#body,
      this.#below,
      this.#foot,
    );
    this.root = element(
      'div',
      {
        class: 'scroll rows-scroll',
        tabindex: '0',
        role: 'region',
        'aria-label': caption,
        'data-testid': `${id}-scroll`,
      },
      this.#table,
    );
    this.root.addEventListener('scroll', () => this.#fill('new rows'), { passive: true });
    this.#body.addEventListener('pointerenter', () => (this.#isUnderPointer = true));
    this.#body.addEventListener('pointerleave', () => (this.#isUnderPointer = false));
    this.#body.addEventListener('keydown', (event) => this.#walk(event));
    this.#markOrder();
  }

  /** To be called once the root is in the document. */
  start(): void {
    this.#sizes.observe(this.root);
  }

  stop(): void {
    this.#sizes.disconnect();
  }

  get order(): Order<Key> {
    return this.#order;
  }

  /** @param feet rows of cells at the foot, which no order moves */
  update(rows: readonly Row[], feet: readonly (readonly string[])[] = []): void {
    this.#given = rows;
    this.#rows = this.#isHeld(rows) ? this.#asBefore(rows) : this.#sorted(rows);
    this.#table.setAttribute('aria-rowcount', String(rows.length + 1 + feet.length));
    this.#fill();
    this.#fillFeet(feet);
  }

  /** Takes an order from elsewhere, such as the address; `onOrder` is not told. */
  sortBy(order: Order<Key>): void {
    this.#order = order;
    this.#markOrder();
    this.#rows = this.#sorted(this.#given);
    this.#fill();
  }

  #sorted(rows: readonly Row[]): readonly Row[] {
    this.#sortedAt = performance.now();
    const column = this.#options.columns.find(({ key }) => key === this.#order.key);
    const valued = rows.map((row) => ({ row, value: column?.value?.(row) }));
    const order = { key: 'value', descending: this.#order.descending } as const;
    return ordered(valued, order, ({ row }) => this.#options.idOf(row)).map(({ row }) => row);
  }

  /** Does the order shown stand? Never when rows came or went, or a search was changed. */
  #isHeld(rows: readonly Row[]): boolean {
    const { idOf } = this.#options;
    const isBusy = this.#isUnderPointer || this.#body.contains(document.activeElement);
    if (!isBusy && performance.now() - this.#sortedAt >= RESORT_MS) return false;
    const ids = new Set(this.#rows.map(idOf));
    return rows.length === ids.size && rows.every((row) => ids.has(idOf(row)));
  }

  #asBefore(rows: readonly Row[]): readonly Row[] {
    const { idOf } = this.#options;
    const places = new Map(this.#rows.map((row, place) => [idOf(row), place]));
    const placeOf = (row: Row): number => places.get(idOf(row)) ?? places.size;
    return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
  }

  #headOf(column: Column<Key, Row>): HTMLTableCellElement {
    const { key, title, means, value } = column;
    const head = element('th', { scope: 'col', class: classOf(column), title: means });
    if (value === undefined) {
      head.append(element('span', {}, title));
      return head;
    }
    const button = element('button', { type: 'button', 'data-testid': `${this.#options.id}-sort-${key}` }, title);
    button.addEventListener('click', () => {
      const descending = this.#order.key === key ? !this.#order.descending : column.word !== true;
      this.sortBy({ key, descending });
      this.root.scrollTop = 0;
      this.#options.onOrder?.(this.#order);
    });
    head.append(button);
    return head;
  }

  #markOrder(): void {
    this.#options.columns.forEach(({ key }, index) => {
      const head = this.#heads[index];
      if (key !== this.#order.key) head?.removeAttribute('aria-sort');
      else head?.setAttribute('aria-sort', this.#order.descending ? 'descending' : 'ascending');
    });
  }

  /** @param which rows in sight are filled: while scrolling, those shown already have nothing new */
  #fill(which: 'all rows' | 'new rows' = 'all rows'): void {
    const { idOf } = this.#options;
    const { scrollTop: top, clientHeight: height } = this.root;
    const { first, end } = rowWindow(this.#rows.length, { top, height, rowHeight: this.#rowHeight });
    const rows = this.#rows.slice(first, end);
    const ids = new Set(rows.map(idOf));
    for (const [id, row] of this.#elements) {
      if (ids.has(id)) continue;
      // A focus must not fall out of the document with its row.
      if (row.contains(document.activeElement)) this.root.focus({ preventScroll: true });
      row.remove();
      this.#elements.delete(id);
    }
    rows.forEach((row, place) => {
      const shown = this.#element(row, which);
      // The head of the table is row 1.
      shown.setAttribute('aria-rowindex', String(first + place + 2));
      if (this.#body.children[place] !== shown) this.#body.insertBefore(shown, this.#body.children[place] ?? null);
    });
    setHeight(this.#above, first * this.#rowHeight);
    setHeight(this.#below, (this.#rows.length - end) * this.#rowHeight);
    this.#measure(first, end);
  }

  /** Rows are as high as the font makes them; all are alike. Measuring lays out, so it is done once for each size. */
  #measure(first: number, end: number): void {
    if (this.#isMeasured) return;
    const height = this.#body.firstElementChild?.getBoundingClientRect().height ?? 0;
    if (height === 0) return;
    this.#isMeasured = true;
    this.#rowHeight = height;
    setHeight(this.#above, first * height);
    setHeight(this.#below, (this.#rows.length - end) * height);
  }

  #element(row: Row, which: 'all rows' | 'new rows'): HTMLTableRowElement {
    const { columns, idOf, dress, head } = this.#options;
    const id = idOf(row);
    let shown = this.#elements.get(id);
    if (shown !== undefined && which === 'new rows') return shown;
    if (shown === undefined) {
      shown = blankRow(columns, head);
      shown.dataset['row'] = id;
      this.#elements.set(id, shown);
    }
    for (const [index, { show, fill = fillText }] of columns.entries()) {
      const cell = shown.cells[index];
      if (cell !== undefined) fill(cell, row, show(row));
    }
    dress?.(shown, row);
    return shown;
  }

  #fillFeet(feet: readonly (readonly string[])[]): void {
    const { columns, head } = this.#options;
    while (this.#foot.rows.length > feet.length) this.#foot.lastElementChild?.remove();
    while (this.#foot.rows.length < feet.length) this.#foot.append(blankRow(columns, head));
    feet.forEach((cells, index) => {
      const row = this.#foot.rows[index];
      row?.setAttribute('aria-rowindex', String(this.#rows.length + 2 + index));
      cells.forEach((text, place) => {
        const cell = row?.cells[place];
        if (cell !== undefined) setText(cell, text);
      });
    });
  }

  /** Arrows, Home, End and the page keys go from row to row where rows hold links. */
  #walk(event: KeyboardEvent): void {
    const here = (event.target as HTMLElement).closest('tr')?.dataset['row'];
    const at = this.#rows.findIndex((row) => this.#options.idOf(row) === here);
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.#rowHeight) - 3);
    const place = rowAfter(event.key, { at, rows: this.#rows.length, page });
    if (place === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#bringIntoSight(place);
    const row = this.#rows[place];
    const shown = row === undefined ? undefined : this.#elements.get(this.#options.idOf(row));
    shown?.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
  }

  #bringIntoSight(place: number): void {
    const headHeight = this.#table.tHead?.getBoundingClientRect().height ?? 0;
    const footHeight = this.#foot.getBoundingClientRect().height;
    const top = place * this.#rowHeight;
    const seen = this.root.clientHeight - headHeight - footHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + this.#rowHeight > this.root.scrollTop + seen) this.root.scrollTop = top + this.#rowHeight - seen;
    this.#fill('new rows');
  }
}

function spacer(): HTMLTableSectionElement {
  return element('tbody', { class: 'spacer', 'aria-hidden': 'true' }, element('tr', {}, element('td')));
}

function setHeight(section: HTMLTableSectionElement, height: number): void {
  const text = `${height}px`;
  const cell = section.rows[0]?.cells[0];
  if (cell !== undefined && cell.style.height !== text) cell.style.height = text;
  section.hidden = height <= 0;
}

function blankRow<Key extends string, Row>(columns: readonly Column<Key, Row>[], head: Key): HTMLTableRowElement {
  const cells = columns.map((column) =>
    column.key === head
      ? element('th', { class: classOf(column), scope: 'row' })
      : element('td', { class: classOf(column) }),
  );
  return element('tr', {}, ...cells);
}

function classOf({ key, word = false }: { readonly key: string; readonly word?: boolean }): string {
  return word ? `${key} word` : key;
}

function fillText(cell: HTMLTableCellElement, _row: unknown, text: string): void {
  setText(cell, text);
}
