/** What the tuner decided, why, what it expected, and what came of it. */

import { element, refill } from '../dom.js';
import { bytes, clock, duration, percent } from '../format.js';
import type { PageState } from '../state.js';
import { decisionLines, type DecisionLine } from '../timeline.js';

const MAX_LINES = 60;

export class DecisionsView {
  readonly #list = element('ol', { class: 'log', 'data-testid': 'decisions' });

  mount(root: HTMLElement): void {
    root.append(
      element(
        'section',
        { class: 'panel', 'aria-labelledby': 'decisions-title' },
        element('h2', { id: 'decisions-title' }, 'Decisions'),
        element(
          'div',
          { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'List of decisions' },
          this.#list,
        ),
      ),
    );
  }

  update({ decisions, tuner }: PageState): void {
    const lines = decisionLines(decisions, MAX_LINES);
    const key = `${tuner?.mode ?? ''} ${JSON.stringify(lines)}`;
    refill(this.#list, key, () => (lines.length === 0 ? [nothing(tuner?.mode)] : lines.map(lineOf)));
  }
}

function nothing(mode: string | undefined): HTMLElement {
  const text = mode === 'MODE_OBSERVE' ? 'No policy runs in observe mode.' : 'Nothing has been decided yet.';
  return element('li', { class: 'none' }, text);
}

function lineOf({ decision, times, sinceMs }: DecisionLine): HTMLElement {
  const { phase, reason, changes, written, expectation, outcome } = decision;
  const when = times > 1 ? `${clock(sinceMs)} to ${clock(decision.time_ms)}, ${times} times` : clock(decision.time_ms);
  const moves = changes.map(({ knob, from, to }) => `${knob} ${from} → ${to}`).join(', ');
  return element(
    'li',
    {},
    element(
      'p',
      { class: 'head' },
      element('span', { class: 'number' }, `#${decision.id}`),
      ' ',
      element('span', { class: 'time' }, when),
      ' ',
      element('span', { class: 'tag' }, phase),
    ),
    element('p', {}, reason),
    ...(moves === '' ? [] : [element('p', { class: 'moves' }, `${moves}${written ? '' : ' (advised, not written)'}`)]),
    ...(expectation === null ? [] : [element('p', { class: 'soft' }, expected(expectation))]),
    ...(outcome === null
      ? []
      : [
          element(
            'p',
            { class: outcome.held ? 'held' : 'missed' },
            `${outcome.held ? '✓' : '✗'} #${outcome.of_decision}: ${outcome.text}`,
          ),
        ]),
  );
}

function expected(expectation: NonNullable<DecisionLine['decision']['expectation']>): string {
  const parts = [
    expectation.ksmd_cpu_pct === undefined ? '' : `ksmd ${percent(expectation.ksmd_cpu_pct)}`,
    expectation.full_scan_sec === undefined ? '' : `full scan ${duration(expectation.full_scan_sec * 1_000)}`,
    expectation.saved_bytes === undefined ? '' : `saved ${bytes(expectation.saved_bytes)}`,
  ].filter((part) => part !== '');
  const by = expectation.by_time_ms > 0 ? ` by ${clock(expectation.by_time_ms)}` : '';
  return `Expects ${parts.length === 0 ? 'no change' : parts.join(', ')}${by}.`;
}
