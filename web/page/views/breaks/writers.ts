/** COW breaks by writer, with the tier that tells them apart and how exactly it does. */

import { breakRows, tierSentence } from '../../breaks.js';
import { element, refill, setText } from '../../dom.js';
import type { PageState } from '../../state.js';

export class WritersView {
  readonly root: HTMLElement;
  readonly #body = element('tbody', { 'data-testid': 'breaks' });
  readonly #note = element('p', { class: 'note', 'data-testid': 'breaks-note' }, '\u00a0');

  constructor() {
    const heads = ['Written by', 'Breaks'].map((title, index) =>
      element('th', { scope: 'col', class: index === 0 ? '' : 'number' }, title),
    );
    this.root = element(
      'section',
      { class: 'panel breaks', 'aria-labelledby': 'breaks-title' },
      element('h2', { id: 'breaks-title' }, 'COW breaks by writer'),
      element('table', {}, element('thead', {}, element('tr', {}, ...heads)), this.#body),
      this.#note,
    );
  }

  update({ sample, host }: PageState): void {
    const rows = breakRows(sample);
    refill(this.#body, JSON.stringify(rows), () =>
      rows.map(({ title, means, value }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row', title: means }, title),
          element('td', { class: 'number' }, value),
        ),
      ),
    );
    setText(this.#note, tierSentence(sample, host));
  }
}
