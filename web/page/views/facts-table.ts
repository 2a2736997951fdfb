/** A short table of facts: a name and a value in each row. */

import { element, refill } from '../dom.js';

export interface FactRow {
  readonly title: string;
  readonly value: string;
  /** Shown when the name is pointed at. */
  readonly means: string;
}

export class FactsTable {
  readonly #body: HTMLTableSectionElement;
  readonly root: HTMLTableElement;

  /** @param heads titles of the two columns */
  constructor(testId: string, heads: readonly [string, string]) {
    this.#body = element('tbody', { 'data-testid': testId });
    const [first, second] = heads;
    this.root = element(
      'table',
      { class: 'figures' },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'col' }, first),
          element('th', { scope: 'col', class: 'number' }, second),
        ),
      ),
      this.#body,
    );
  }

  update(rows: readonly FactRow[]): void {
    refill(this.#body, JSON.stringify(rows), () =>
      rows.map(({ title, value, means }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row', title: means }, title),
          element('td', { class: 'number' }, value),
        ),
      ),
    );
  }
}
