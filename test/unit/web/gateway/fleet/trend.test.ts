import { describe, expect, it } from 'vitest';
import { Trend } from '../../../../../web/gateway/fleet/trend.js';

const make = (): Trend => new Trend({ points: 4, spanMs: 400 });

describe('a trend', () => {
  it('has one value a slot, the last that was heard, with gaps where nothing was', () => {
    const trend = make();
    expect(trend.values()).toEqual([]);
    trend.push(1_000, 1);
    trend.push(1_050, 2);
    trend.push(1_250, 3);
    trend.push(undefined, 9);
    trend.push(1_260, undefined);
    expect(trend.values()).toEqual([null, 2, null, 3]);
  });

  it('is bounded', () => {
    const trend = make();
    for (let at = 0; at < 100; at += 1) trend.push(at * 100, at);
    expect(trend.values()).toEqual([96, 97, 98, 99]);
  });

  it('is begun with what came before, and does not repeat it', () => {
    const trend = make();
    trend.push(1_300, 13);
    trend.seed([
      [1_100, 11],
      [1_200, undefined],
      [1_300, 99],
    ]);
    expect(trend.values()).toEqual([null, 11, null, 13]);
  });

  it('begins anew where the clock was set back', () => {
    const trend = make();
    trend.push(10_000, 1);
    trend.push(1_000, 2);
    expect(trend.values()).toEqual([null, null, null, 2]);
  });
});
