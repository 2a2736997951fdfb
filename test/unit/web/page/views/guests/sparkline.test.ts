import { describe, expect, it } from 'vitest';
import { sparkline, trendOf } from '../../../../../../web/page/views/guests/sparkline.js';

const BOX = { width: 40, height: 20 };

describe('sparkline', () => {
  it('goes from 0 at the foot to the greatest at the top', () => {
    expect(sparkline([0, 5, 10], BOX)).toBe('M0 19L20 10L40 1');
  });

  it('lies at the foot where all is 0', () => {
    expect(sparkline([0, 0], BOX)).toBe('M0 19L40 19');
  });

  it('is broken where nothing is known, and a value alone is a stroke', () => {
    expect(sparkline([10, 10, NaN, 10, NaN], BOX)).toBe('M0 1L10 1M30 1h1.5');
    expect(sparkline([4], BOX)).toBe('M0 1h1.5');
  });

  it('is empty where nothing is known', () => {
    expect(sparkline([], BOX)).toBe('');
    expect(sparkline([NaN, NaN], BOX)).toBe('');
  });
});

describe('the trend', () => {
  it.each([
    [[100, 98, 103], 'steady'],
    [[100, 200], 'rising'],
    [[NaN, 200, NaN, 20], 'falling'],
    [[0, 0, 0], 'steady'],
    [[5], 'not known'],
    [[], 'not known'],
  ] as const)('of %j is %s', (values, trend) => {
    expect(trendOf(values)).toBe(trend);
  });
});
