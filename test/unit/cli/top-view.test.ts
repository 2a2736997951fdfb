import { expect, test } from 'vitest';
import type { Guest__Output } from '../../../proto/generated/ksmpilot/v1/Guest.js';
import { chooseGuests, FIRST_VIEW, press, TOP_SORT_KEYS, type TopView } from '../../../src/cli/top-view.js';

function guest(name: string, figures: Partial<Guest__Output> = {}): Guest__Output {
  return { kind: 'qemu', name, id: `id-${name}`, identity: name, key: name, pids: [], doubts: [], ...figures };
}

const GUESTS = [
  guest('web-10', { saved_bytes: 5, ksmd_cores: 0.1, cow_breaks_per_sec: 9, merges_per_sec: 1, worth_per_hour: -1 }),
  guest('web-2', { saved_bytes: 7, ksmd_cores: 0.3, cow_breaks_per_sec: 1, merges_per_sec: 5, worth_per_hour: 2 }),
  guest('idle', { kind: 'docker' }),
  guest('db', { saved_bytes: 7, ksmd_cores: 0.2, cow_breaks_per_sec: 3, merges_per_sec: 3, worth_per_hour: 1 }),
];

const names = (view: Partial<TopView>): string[] =>
  chooseGuests(GUESTS, { ...FIRST_VIEW, ...view }).map(({ name }) => name);

test.each([
  ['saved', ['db', 'web-2', 'web-10', 'idle'], ['web-10', 'db', 'web-2', 'idle']],
  ['cost', ['web-2', 'db', 'web-10', 'idle'], ['web-10', 'db', 'web-2', 'idle']],
  ['breaks', ['web-10', 'db', 'web-2', 'idle'], ['web-2', 'db', 'web-10', 'idle']],
  ['merges', ['web-2', 'db', 'web-10', 'idle'], ['web-10', 'db', 'web-2', 'idle']],
  ['worth', ['web-2', 'db', 'web-10', 'idle'], ['web-10', 'db', 'web-2', 'idle']],
  ['name', ['db', 'idle', 'web-2', 'web-10'], ['web-10', 'web-2', 'idle', 'db']],
] as const)('by %s; what is not known stays last', (sort, order, reversed) => {
  expect(names({ sort })).toEqual(order);
  expect(names({ sort, isReversed: true })).toEqual(reversed);
});

test('every sort has a key, and no key has two meanings', () => {
  const reached = ['s', 'c', 'b', 'm', 'w', 'n'].map((key) => press(FIRST_VIEW, key, { count: 9, rows: 3 }).sort);
  expect(reached).toEqual(Object.keys(TOP_SORT_KEYS));
});

test('the filter takes name, kind and id, in any case', () => {
  expect(names({ filter: 'WEB' })).toEqual(['web-2', 'web-10']);
  expect(names({ filter: 'docker' })).toEqual(['idle']);
  expect(names({ filter: 'id-db' })).toEqual(['db']);
  expect(names({ filter: 'x' })).toEqual([]);
});

function pressAll(keys: readonly string[], count = 9, rows = 3): TopView {
  return keys.reduce<TopView>((view, key) => press(view, key, { count, rows }), FIRST_VIEW);
}

test('typing goes into the filter alone, until enter keeps it or escape clears it', () => {
  expect(pressAll(['/', 's', 'q', 'r'])).toMatchObject({
    filter: 'sqr',
    isTyping: true,
    sort: 'saved',
    isReversed: false,
  });
  expect(pressAll(['/', 'ä', 'b', 'backspace', 'enter'])).toMatchObject({ filter: 'ä', isTyping: false });
  expect(pressAll(['/', 'a', 'up', 'escape'])).toMatchObject({ filter: '', isTyping: false });
  expect(pressAll(['/', 'a', 'enter', 'escape']).filter).toBe('');
});

test('scrolling stays within the guests, and another order begins at the top', () => {
  expect(pressAll(['up']).offset).toBe(0);
  expect(pressAll(['page-down', 'down']).offset).toBe(4);
  expect(pressAll(['end']).offset).toBe(6);
  expect(pressAll(['end', 'down', 'page-down']).offset).toBe(6);
  expect(pressAll(['end', 'home']).offset).toBe(0);
  expect(pressAll(['page-down'], 2, 3).offset).toBe(0);
  expect(pressAll(['end', 'n']).offset).toBe(0);
  expect(pressAll(['end', 'r']).offset).toBe(0);
});

test('help takes the next key for itself', () => {
  expect(pressAll(['?']).showsHelp).toBe(true);
  expect(pressAll(['?', 'n'])).toMatchObject({ showsHelp: false, sort: 'saved' });
});
