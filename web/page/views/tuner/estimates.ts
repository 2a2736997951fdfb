/** What the newest decision rested on: each figure with its doubt. */

import { element, refill, setText } from '../../dom.js';
import { estimateRow, type EstimateRow } from '../../estimates.js';
import { clock } from '../../format.js';
import type { PageState } from '../../state.js';

/** Until the agent has told its own. Bytes. */
const USUAL_PAGE_SIZE = 4096;

export class EstimatesView {
  readonly root: HTMLElement;
  readonly #body = element('tbody', { 'data-testid': 'estimates' });
  readonly #of = element('span', { class: 'soft' });

  constructor() {
    const heads = ['Estimate', 'Value', 'Doubt'].map((title, index) =>
      element('th', { scope: 'col', class: index === 0 ? '' : 'number' }, title),
    );
    this.root = element(
      'section',
      { class: 'panel estimates', 'aria-labelledby': 'estimates-title' },
      element('h2', { id: 'estimates-title' }, 'Estimates ', this.#of),
      element(
        'div',
        { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of estimates' },
        element('table', {}, element('thead', {}, element('tr', {}, ...heads)), this.#body),
      ),
    );
  }

  update({ decisions, host }: PageState): void {
    const newest = decisions.findLast((decision) => decision.estimates.length > 0);
    setText(this.#of, newest === undefined ? '' : `of decision #${newest.id}, ${clock(newest.time_ms)}`);
    const pageSize = host?.page_size ?? USUAL_PAGE_SIZE;
    const rows = (newest?.estimates ?? []).map((estimate) => estimateRow(estimate, pageSize));
    refill(this.#body, JSON.stringify(rows), () => (rows.length === 0 ? [nothing()] : rows.map(lineOf)));
  }
}

function nothing(): HTMLElement {
  const text = 'None yet: a policy estimates in advise and auto mode.';
  return element('tr', {}, element('td', { colspan: '3', class: 'text' }, text));
}

function lineOf({ name, value, doubt }: EstimateRow): HTMLElement {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    element('td', { class: 'number' }, value),
    element('td', { class: 'number soft' }, doubt),
  );
}
