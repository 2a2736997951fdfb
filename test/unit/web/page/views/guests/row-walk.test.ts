import { describe, expect, it } from 'vitest';
import { rowAfter } from '../../../../../../web/page/views/guests/row-walk.js';

describe('a key in a table of 100 rows, 20 in sight', () => {
  it.each([
    ['ArrowDown', 5, 6],
    ['ArrowDown', 99, 99],
    ['ArrowUp', 0, 0],
    ['PageDown', 5, 25],
    ['PageUp', 5, 0],
    ['Home', 50, 0],
    ['End', 50, 99],
    ['Enter', 50, undefined],
    ['constructor', 50, undefined],
    ['ArrowDown', -1, undefined],
  ])('%s leads from row %d to %s', (key, at, goal) => {
    expect(rowAfter(key, { at, rows: 100, page: 20 })).toBe(goal);
  });

  it('leads nowhere where there are no rows', () => {
    expect(rowAfter('Home', { at: 0, rows: 0, page: 20 })).toBeUndefined();
  });
});
