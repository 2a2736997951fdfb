import { describe, expect, it } from 'vitest';
import { extentOf, pointsOf, stackUp } from '../../../../../web/page/charts/rows.js';

describe('stackUp', () => {
  it('adds from the first column up', () => {
    expect(
      stackUp([
        [1, 2],
        [10, 20],
      ]),
    ).toEqual([
      [1, 2],
      [11, 22],
    ]);
  });

  it('gives an unknown part no height, and breaks where all is unknown', () => {
    expect(
      stackUp([
        [1, null],
        [null, null],
        [5, null],
      ]),
    ).toEqual([
      [1, null],
      [1, null],
      [6, null],
    ]);
  });
});

describe('extentOf', () => {
  it('passes over gaps', () => {
    expect(
      extentOf([
        [3, null],
        [-2, 8],
      ]),
    ).toEqual({ least: -2, greatest: 8 });
    expect(extentOf([[null]])).toEqual({ least: Infinity, greatest: -Infinity });
  });
});

describe('pointsOf', () => {
  it('keeps gaps as null', () => {
    expect(pointsOf([1, 2], [0, null])).toEqual([
      { x: 1, y: 0 },
      { x: 2, y: null },
    ]);
  });
});
