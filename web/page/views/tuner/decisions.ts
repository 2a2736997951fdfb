/** What the tuner decided, why, what it expected, and what came of it. */

import { element, refill, setText } from '../../dom.js';
import { clock, count } from '../../format.js';
import type { PageState } from '../../state.js';
import { decisionEntries, keptOf, type DecisionEntry } from './decision-entries.js';

const MAX_LINES = 100;

export class DecisionLog {
  readonly root: HTMLElement;
  readonly #list = element('ol', { class: 'log decisions', 'data-testid': 'decisions' });
  readonly #kept = element('p', { class: 'soft', 'data-testid': 'decisions-kept' }, '\u00a0');

  constructor() {
    this.root = element(
      'section',
      { class: 'panel decisions-panel', 'aria-labelledby': 'decisions-title' },
      element('h2', { id: 'decisions-title' }, 'Decisions'),
      this.#kept,
      element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'List of decisions' }, this.#list),
    );
  }

  update({ decisions, tuner }: PageState): void {
    const entries = decisionEntries(decisions, MAX_LINES);
    const key = `${tuner?.mode ?? ''} ${JSON.stringify(entries)}`;
    refill(this.#list, key, () => (entries.length === 0 ? [nothing(tuner?.mode)] : entries.map(lineOf)));
    const { held, missed } =
      tuner?.expectations_held === undefined || tuner.expectations_missed === undefined
        ? keptOf(decisions)
        : { held: tuner.expectations_held, missed: tuner.expectations_missed };
    setText(
      this.#kept,
      held + missed === 0
        ? 'None of what it expected is due yet.'
        : `Of ${count(held + missed)} expectations that are due, ${count(held)} came true.`,
    );
  }
}

function nothing(mode: string | undefined): HTMLElement {
  const text =
    mode === undefined
      ? 'Waiting for the agent.'
      : mode === 'MODE_OBSERVE'
        ? 'No policy runs in observe mode. Advise shows what it would do, and writes nothing.'
        : 'Nothing has been decided yet.';
  return element('li', { class: 'none' }, text);
}

function lineOf({ decision, times, sinceMs, moves, expects, outcome, isOpen }: DecisionEntry): HTMLElement {
  const { id, phase, reason, written, time_ms: timeMs } = decision;
  const when = times > 1 ? `${clock(sinceMs)} to ${clock(timeMs)}, ${count(times)} times` : clock(timeMs);
  return element(
    'li',
    {},
    element(
      'p',
      { class: 'head' },
      element('span', { class: 'time' }, when),
      ' ',
      element('span', { class: 'tag' }, phase),
      ' ',
      element('span', { class: 'soft' }, `#${id}`),
    ),
    element('p', {}, reason),
    ...(moves === '' ? [] : [element('p', { class: 'moves' }, `${moves}${written ? '' : ' (advised, not written)'}`)]),
    ...(expects === ''
      ? []
      : [element('p', { class: 'soft' }, `${expects}${isOpen ? ' Nothing is known of it yet.' : ''}`)]),
    ...(outcome === undefined
      ? []
      : [
          element(
            'p',
            { class: outcome.held ? 'held' : 'missed' },
            `${outcome.held ? '✓ As expected' : '✗ Not as expected'}: ${outcome.text}`,
          ),
        ]),
  );
}
