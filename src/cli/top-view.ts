/** What `ksmpilot top` shows of the guests, and how keys change it. Pure. */

import type { Guest__Output } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { Key } from './top-keys.js';

/** What one may sort by, with the field it means. */
export const TOP_SORT_KEYS = {
  saved: 'saved_bytes',
  cost: 'ksmd_cores',
  breaks: 'cow_breaks_per_sec',
  merges: 'merges_per_sec',
  worth: 'worth_per_hour',
  name: 'name',
} as const satisfies Record<string, keyof Guest__Output>;

export type TopSortKey = keyof typeof TOP_SORT_KEYS;

export function isTopSortKey(text: string): text is TopSortKey {
  return Object.hasOwn(TOP_SORT_KEYS, text);
}

export interface TopView {
  readonly sort: TopSortKey;
  readonly isReversed: boolean;
  /** Guests whose name, kind or id holds it; empty: all. */
  readonly filter: string;
  /** Keys go into the filter. */
  readonly isTyping: boolean;
  readonly isPaused: boolean;
  readonly showsHelp: boolean;
  /** Guests scrolled past. */
  readonly offset: number;
}

export const FIRST_VIEW: TopView = {
  sort: 'saved',
  isReversed: false,
  filter: '',
  isTyping: false,
  isPaused: false,
  showsHelp: false,
  offset: 0,
};

const SORT_BY_KEY: Readonly<Record<Key, TopSortKey>> = {
  s: 'saved',
  c: 'cost',
  b: 'breaks',
  m: 'merges',
  w: 'worth',
  n: 'name',
};

const FILTER_MAX = 60;

/** @param shown guests that pass the filter, and how many of them the screen holds */
export function press(view: TopView, key: Key, shown: { readonly count: number; readonly rows: number }): TopView {
  if (view.isTyping) return typed(view, key);
  if (view.showsHelp) return { ...view, showsHelp: false };
  const sort = SORT_BY_KEY[key];
  if (sort !== undefined) return { ...view, sort, offset: 0 };
  const last = Math.max(0, shown.count - shown.rows);
  const scrolled = (by: number): TopView => ({ ...view, offset: Math.max(0, Math.min(last, view.offset + by)) });
  switch (key) {
    case 'r':
      return { ...view, isReversed: !view.isReversed, offset: 0 };
    case '/':
      return { ...view, isTyping: true };
    case 'escape':
      return { ...view, filter: '', offset: 0 };
    case 'p':
      return { ...view, isPaused: !view.isPaused };
    case '?':
    case 'h':
      return { ...view, showsHelp: true };
    case 'up':
    case 'k':
      return scrolled(-1);
    case 'down':
    case 'j':
      return scrolled(1);
    case 'page-up':
      return scrolled(-shown.rows);
    case 'page-down':
    case ' ':
      return scrolled(shown.rows);
    case 'home':
      return scrolled(-Infinity);
    case 'end':
      return scrolled(last);
    default:
      return view;
  }
}

function typed(view: TopView, key: Key): TopView {
  const { filter } = view;
  if (key === 'enter') return { ...view, isTyping: false };
  if (key === 'escape') return { ...view, isTyping: false, filter: '', offset: 0 };
  if (key === 'backspace') return { ...view, filter: Array.from(filter).slice(0, -1).join(''), offset: 0 };
  if (Array.from(key).length !== 1 || filter.length >= FILTER_MAX) return view;
  return { ...view, filter: filter + key, offset: 0 };
}

/** Those that pass the filter, in order: figures from the largest, names from a on; not known last, also in reverse. */
export function chooseGuests(guests: readonly Guest__Output[], view: TopView): Guest__Output[] {
  const wanted = view.filter.toLowerCase();
  const passing = guests.filter(({ name, kind, id }) =>
    [name, kind, id].some((text) => text.toLowerCase().includes(wanted)),
  );
  const field = TOP_SORT_KEYS[view.sort];
  const turn = view.isReversed ? -1 : 1;
  return passing.sort((a, b) => {
    if (field !== 'name') {
      const [left, right] = [a[field], b[field]];
      if (left === undefined || right === undefined) {
        if (left !== right) return left === undefined ? 1 : -1;
      } else if (left !== right) return turn * (right - left);
      // Equal figures stay by name, so that rows do not jump.
      return inOrder(a.name, b.name) || inOrder(a.key, b.key);
    }
    return turn * (inOrder(a.name, b.name) || inOrder(a.key, b.key));
  });
}

/** As people count: demo-2 before demo-10. */
const byName = new Intl.Collator('en', { numeric: true });

function inOrder(a: string, b: string): number {
  return byName.compare(a, b);
}
