/** What one guest is, saves and costs, as of now. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import { breaksOf, isEstimated } from '../../breaks.js';
import { element, refill, setText } from '../../dom.js';
import { bytes, count, percent, perSecond, signedCores } from '../../format.js';
import { breakRate, lifetime } from '../guests/columns.js';

interface Fact {
  readonly id: string;
  readonly title: string;
  readonly value: (guest: Guest__Output) => string;
  readonly more: (guest: Guest__Output) => string;
}

const FACTS: readonly Fact[] = [
  {
    id: 'saved',
    title: 'Saved',
    value: (guest) => bytes(guest.saved_bytes),
    more: (guest) => `of it ${bytes(guest.zero_bytes)} zero pages`,
  },
  {
    id: 'offered',
    title: 'Offered',
    value: (guest) => bytes(guest.mergeable_bytes),
    more: ({ saved_bytes: saved, mergeable_bytes: offered }) =>
      `resident and open to KSM; ${percent(saved === undefined || offered === undefined || offered === 0 ? undefined : (100 * saved) / offered)} saved`,
  },
  {
    id: 'worth',
    title: 'Worth',
    value: (guest) =>
      guest.worth_per_hour === undefined ? signedCores(undefined) : `${signedCores(guest.worth_per_hour)} cores`,
    more: () => 'saving at your price, less its CPU',
  },
  {
    id: 'cost',
    title: 'ksmd CPU',
    value: (guest) => percent(guest.ksmd_cores === undefined ? undefined : guest.ksmd_cores * 100),
    more: (guest) => `of one core; ${bytes(guest.rmap_item_bytes)} of records`,
  },
  {
    id: 'merges',
    title: 'Merges',
    value: (guest) => perSecond(guest.merges_per_sec),
    more: (guest) => `pages; ${count(guest.merges_total)} since the agent started`,
  },
  {
    id: 'breaks',
    title: 'COW breaks',
    value: breakRate,
    more: (guest) => `pages; ${breaksOf(guest)} in all${isEstimated(guest) ? ', scaled' : ''}`,
  },
  {
    id: 'lifetime',
    title: 'Merge lifetime',
    value: (guest) => lifetime(guest.merge_lifetime_p50_s),
    more: ({ merge_lifetime_p50_s: half }) =>
      half === undefined ? 'too few breaks were timed' : 'half of those broken were by then',
  },
];

export class GuestFacts {
  readonly root: HTMLElement;
  readonly #values = FACTS.map(({ id }) => element('dd', { class: 'big', 'data-testid': `guest-${id}` }, '–'));
  readonly #more = FACTS.map(() => element('dd', { class: 'more' }, '\u00a0'));

  constructor() {
    this.root = element(
      'dl',
      { class: 'guest-facts' },
      ...FACTS.map(({ title }, index) =>
        element(
          'div',
          { class: 'panel' },
          element('dt', {}, title),
          this.#values[index] ?? '',
          this.#more[index] ?? '',
        ),
      ),
    );
  }

  /** @param guest undefined: it is not running */
  update(guest: Guest__Output | undefined): void {
    FACTS.forEach(({ value, more }, index) => {
      const [node, below] = [this.#values[index], this.#more[index]];
      if (node !== undefined) setText(node, guest === undefined ? '–' : value(guest));
      if (below !== undefined) setText(below, guest === undefined ? '\u00a0' : more(guest));
    });
  }
}

/** What speaks against the name or kind; hidden where nothing does. */
export class GuestDoubts {
  readonly root = element('section', { class: 'panel missing', 'aria-labelledby': 'doubts-title', hidden: '' });
  readonly #list = element('ul', { 'data-testid': 'guest-doubts' });

  constructor() {
    this.root.append(element('h2', { id: 'doubts-title' }, 'Is it what it is taken for?'), this.#list);
  }

  update(doubts: readonly string[]): void {
    this.root.hidden = doubts.length === 0;
    refill(this.#list, JSON.stringify(doubts), () => doubts.map((doubt) => element('li', {}, doubt)));
  }
}

/** What the side-channel watch has seen of the guest; hidden unless it is suspicious. */
export class GuestSuspicion {
  readonly root = element('section', { class: 'panel missing', 'aria-labelledby': 'suspicion-title', hidden: '' });
  readonly #text = element('p', { 'data-testid': 'guest-suspicion' });

  constructor() {
    this.root.append(
      element('h2', { id: 'suspicion-title' }, 'Suspicious of reading others by write timing'),
      this.#text,
    );
  }

  update(text: string | undefined): void {
    this.root.hidden = text === undefined;
    setText(this.#text, text ?? '');
  }
}
