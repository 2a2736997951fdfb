import { expect, test } from 'vitest';
import { PageBreaks } from '../../../../src/agent/probes/page-breaks.js';

test('the maps of one frame, in the order of time; the next frame begins empty', () => {
  const breaks = new PageBreaks();
  expect(breaks.take('@cow', new Map())).toBe(false);
  breaks.take('@page_break', new Map([['-131386291985408,34183695873,26648,1124793', 2e6]]));
  breaks.take('@page_break', new Map([['18446612687417566208,5,9,77', '1000000']]));
  expect(breaks.isWatching).toBe(false);
  breaks.take('@watch_mask', new Map([['', 3]]));
  breaks.take('@watch_missed', new Map([['', 12]]));
  expect(breaks.isWatching).toBe(true);
  expect(breaks.frame()).toEqual({
    breaks: [
      { page: '18446612687417566208,5', number: 5, pid: 9, content: 77, monoMs: 1 },
      { page: '-131386291985408,34183695873', number: 34183695873, pid: 26648, content: 1124793, monoMs: 2 },
    ],
    oneIn: 4,
    missed: 12,
  });
  expect(breaks.frame().breaks).toEqual([]);
});

test('what is no page is left out', () => {
  const breaks = new PageBreaks();
  breaks.take(
    '@page_break',
    new Map<string, number | string>([
      ['1,2,3', 4],
      ['a,b,c,d', 1],
      ['1,2,3,4', 'soon'],
    ]),
  );
  expect(breaks.frame().breaks).toEqual([]);
});
