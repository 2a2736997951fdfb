/** What happened in the range that the charts show. */

import { element, refill, setText } from '../../dom.js';
import { feedOf, type FeedLine } from '../../feed.js';
import { moment } from '../../format.js';
import type { Happenings } from '../../past/happenings.js';
import type { App } from '../../view.js';

const MAX_LINES = 200;
/** Lines leave the range of a live chart this often. */
const AGAIN_MS = 5_000;

export class FeedList {
  readonly #app: App;
  readonly #happenings: Happenings;
  readonly #list = element('ol', { class: 'log', 'data-testid': 'feed' });
  readonly #note = element('p', { class: 'note' }, '\u00a0');

  /** What the list was made of. */
  #made: readonly unknown[] = [];

  constructor(app: App, happenings: Happenings) {
    this.#app = app;
    this.#happenings = happenings;
  }

  mount(root: HTMLElement): void {
    const region = { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'List of what happened' };
    root.append(
      element(
        'section',
        { class: 'panel full', 'aria-labelledby': 'feed-title' },
        element('h2', { id: 'feed-title' }, 'What happened'),
        element('div', region, this.#list),
        this.#note,
      ),
    );
  }

  update(): void {
    const { state, time } = this.#app;
    const { fromMs } = time;
    // What happened after the newest sample is told as well.
    const toMs = time.live ? Infinity : time.toMs;
    const { decisions, events: lines } = state;
    // Lines that are walked through by keyboard stay where they are.
    if (this.#list.contains(document.activeElement)) return;
    const { past } = this.#happenings;
    const made = [decisions, lines, past, Math.floor(fromMs / AGAIN_MS), toMs] as const;
    if (made.every((part, index) => part === this.#made[index])) return;
    this.#made = made;
    const shown = feedOf({ decisions, lines, past, fromMs, toMs }, MAX_LINES);
    refill(this.#list, JSON.stringify(shown), () =>
      shown.length === 0
        ? [element('li', { class: 'none' }, 'Nothing happened in this time.')]
        : shown.map((line) => this.#item(line)),
    );
    const isCut = this.#happenings.isCut || shown.length === MAX_LINES;
    setText(
      this.#note,
      isCut ? 'There is more than this list shows: choose a shorter time.' : 'A time sets the cursor of the charts.',
    );
  }

  #item({ timeMs, tag, text, moves }: FeedLine): HTMLElement {
    const when = element('button', { type: 'button', class: 'when' }, moment(timeMs, Date.now()));
    const point = (): void => this.#app.time.point(timeMs);
    when.addEventListener('focus', point);
    when.addEventListener('pointerenter', point);
    when.addEventListener('click', point);
    const leave = (): void => this.#app.time.point(undefined);
    when.addEventListener('blur', leave);
    when.addEventListener('pointerleave', leave);
    return element(
      'li',
      {},
      when,
      ' ',
      element('span', { class: 'tag' }, tag),
      ' ',
      text,
      ...(moves === undefined ? [] : [' ', element('span', { class: 'moves' }, moves)]),
    );
  }
}
