import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outbox } from '../../../../src/agent/rpc/outbox.js';

test('a full queue loses its oldest item, and the count travels with the next one', () => {
  const outbox = new Outbox<string>(2);
  outbox.push('a');
  expect(outbox.take()).toEqual({ items: ['a'], dropped: 0 });
  for (const item of ['b', 'c', 'd', 'e']) outbox.push(item);
  expect(outbox.size).toBe(2);
  expect(outbox.take()).toEqual({ items: ['d'], dropped: 2 });
  expect(outbox.take()).toEqual({ items: ['e'], dropped: 2 });
  expect(outbox.take()).toBeUndefined();
});

test('never holds more than its capacity, loses nothing silently, keeps the order', () => {
  // A number takes as many together.
  const steps = fc.array(fc.oneof(fc.constant('push' as const), fc.integer({ min: 1, max: 12 })), { maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), steps, (capacity, actions) => {
      const outbox = new Outbox<number>(capacity);
      let pushed = 0;
      let taken = 0;
      let last = -1;
      for (const action of actions) {
        if (action === 'push') {
          outbox.push(pushed);
          pushed += 1;
        } else {
          const waiting = outbox.size;
          const next = outbox.take(action);
          expect(next?.items.length ?? 0).toBe(Math.min(waiting, action));
          for (const item of next?.items ?? []) {
            expect(item).toBeGreaterThan(last);
            last = item;
            taken += 1;
            // What came before this item was either taken or counted as lost.
            expect(item + 1).toBe(taken + outbox.dropped);
          }
        }
        expect(outbox.size).toBeLessThanOrEqual(capacity);
        expect(pushed).toBe(taken + outbox.size + outbox.dropped);
      }
    }),
  );
});

test('clear lets go of everything', () => {
  const outbox = new Outbox<number>(4);
  outbox.push(1);
  outbox.clear();
  expect(outbox.size).toBe(0);
  expect(outbox.take()).toBeUndefined();
});
