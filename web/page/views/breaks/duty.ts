/** How the breaks are watched: the tier, its windows and what they cost. */

import { dutyFacts } from '../../breaks.js';
import { element } from '../../dom.js';
import type { PageState } from '../../state.js';
import { FactsTable } from '../facts-table.js';

export class DutyFacts {
  readonly root: HTMLElement;
  readonly #table = new FactsTable('duty', ['Watching breaks', 'Value']);

  constructor() {
    this.root = element(
      'section',
      { class: 'panel', 'aria-labelledby': 'duty-title' },
      element('h2', { id: 'duty-title' }, 'How breaks are watched'),
      this.#table.root,
    );
  }

  update({ sample }: PageState): void {
    this.#table.update(dutyFacts(sample));
  }
}
