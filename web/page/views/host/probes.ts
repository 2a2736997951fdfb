/** The BPF programs and how they fare. */

import { element, refill } from '../../dom.js';
import { count, duration } from '../../format.js';
import type { PageState } from '../../state.js';

export class ProbesView {
  readonly root: HTMLElement;
  readonly #body = element('tbody', { 'data-testid': 'probes' });

  constructor() {
    const heads = ['Probe', 'State', 'Start-up', 'Restarts', 'Detail'].map((title, index) =>
      element('th', { scope: 'col', class: index === 2 || index === 3 ? 'number' : '' }, title),
    );
    this.root = element(
      'section',
      { class: 'panel probes-panel', 'aria-labelledby': 'probes-title' },
      element('h2', { id: 'probes-title' }, 'Probes'),
      element(
        'div',
        { class: 'scroll low', tabindex: '0', role: 'region', 'aria-label': 'Table of probes' },
        element('table', {}, element('thead', {}, element('tr', {}, ...heads)), this.#body),
      ),
    );
  }

  update({ host }: PageState): void {
    const probes = host?.probes ?? [];
    refill(this.#body, JSON.stringify(probes), () => {
      if (probes.length === 0) {
        return [element('tr', {}, element('td', { colspan: '5', class: 'text' }, 'No probe is known yet.'))];
      }
      return probes.map((probe) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, probe.name),
          element('td', { class: 'text' }, element('span', { class: `state ${probe.state}` }, probe.state)),
          element('td', { class: 'number' }, duration(probe.startup_ms)),
          element('td', { class: 'number' }, count(probe.restarts)),
          element('td', { class: 'text' }, probe.detail),
        ),
      );
    });
  }
}
