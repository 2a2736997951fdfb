/** The knobs as they are, beside what they were before ksmpilot wrote the first one. */

import type { Knobs__Output } from '../../../../proto/generated/ksmpilot/v1/Knobs.js';
import { element, refill, setText } from '../../dom.js';
import { count, orUnknown } from '../../format.js';
import type { PageState } from '../../state.js';

const KNOBS = [
  { key: 'run', means: '0 stopped, 1 scanning' },
  { key: 'pages_to_scan', means: 'pages a batch' },
  { key: 'sleep_millisecs', means: 'ms between batches' },
  { key: 'smart_scan', means: '1 skips pages that did not merge' },
  { key: 'use_zero_pages', means: '1 maps empty pages to the zero page' },
  { key: 'merge_across_nodes', means: '1 merges between NUMA nodes' },
  { key: 'max_page_sharing', means: 'most mappings of one KSM page' },
  { key: 'advisor_mode', means: "the kernel's own tuner" },
] as const;

export class KnobsView {
  readonly root: HTMLElement;
  readonly #body = element('tbody', { 'data-testid': 'knobs' });
  readonly #note = element('p', { class: 'note', 'data-testid': 'knobs-note' }, '\u00a0');

  constructor() {
    this.root = element(
      'section',
      { class: 'panel knobs', 'aria-labelledby': 'knobs-title' },
      element('h2', { id: 'knobs-title' }, 'Knobs now'),
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('th', { scope: 'col' }, 'Knob'),
            element('th', { scope: 'col', class: 'number' }, 'Now'),
            element('th', { scope: 'col', class: 'number' }, 'Baseline'),
          ),
        ),
        this.#body,
      ),
      this.#note,
    );
  }

  update({ sample, tuner }: PageState): void {
    const now = sample?.knobs ?? undefined;
    const baseline = tuner?.baseline ?? undefined;
    const rows = KNOBS.map(({ key, means }) => ({ key, means, now: shown(now, key), before: shown(baseline, key) }));
    refill(this.#body, JSON.stringify(rows), () =>
      rows.map((row) => {
        const isMoved = baseline !== undefined && row.before !== '–' && row.before !== row.now;
        return element(
          'tr',
          isMoved ? { class: 'moved' } : {},
          element('th', { scope: 'row', title: row.means }, row.key),
          element('td', { class: 'number' }, row.now),
          element('td', { class: 'number' }, row.before),
        );
      }),
    );
    setText(
      this.#note,
      baseline === undefined
        ? 'No baseline: ksmpilot has changed no knob, or has put them all back.'
        : 'Baseline: found before the first write, put back when ksmpilot stops.',
    );
  }
}

function shown(knobs: Knobs__Output | undefined, key: (typeof KNOBS)[number]['key']): string {
  const value = knobs?.[key];
  return typeof value === 'number' ? count(value) : orUnknown(value);
}
