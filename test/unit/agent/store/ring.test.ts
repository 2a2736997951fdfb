import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ring } from '../../../../src/agent/store/ring.js';

test('holds the newest items only, in order, and counts what it pushed out', () => {
  const ring = new Ring<number>(3);
  expect(ring.newest).toBeUndefined();
  for (const item of [1, 2, 3, 4, 5]) ring.push(item);
  expect(ring.last(10)).toEqual([3, 4, 5]);
  expect(ring.last(2)).toEqual([4, 5]);
  expect(ring.last(0)).toEqual([]);
  expect(ring).toMatchObject({ size: 3, newest: 5, dropped: 2 });
});

test('behaves like the end of an array for any capacity and any pushes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer()), fc.integer(), (capacity, items, from) => {
      const ring = new Ring<number>(capacity);
      for (const item of items) ring.push(item);
      const kept = items.slice(-capacity);
      expect(ring.last(capacity)).toEqual(kept);
      expect(ring.newest).toBe(kept.at(-1));
      expect(ring.dropped).toBe(items.length - kept.length);
      const firstOld = kept.findLastIndex((item) => item < from);
      expect(ring.since((item) => item >= from)).toEqual(kept.slice(firstOld + 1));
    }),
  );
});

test('a look-back ends at the first item that is too old, and survives a clock that was set back', () => {
  const ring = new Ring<{ id: number; timeMs: number }>(10);
  for (const [id, timeMs] of [100, 200, 900, 300, 400].entries()) ring.push({ id, timeMs });
  expect(ring.since(({ timeMs }) => timeMs >= 300).map(({ id }) => id)).toEqual([2, 3, 4]);
});

test('what was handed out does not change with later pushes', () => {
  const ring = new Ring<number>(2);
  ring.push(1);
  const before = ring.last(2);
  ring.push(2);
  ring.push(3);
  expect(before).toEqual([1]);
});

test.each([0, -1, 1.5, NaN])('refuses the capacity %s', (capacity) => {
  expect(() => new Ring(capacity)).toThrow(RangeError);
});
