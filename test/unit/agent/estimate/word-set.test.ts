import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WordSet } from '../../../../src/agent/estimate/word-set.js';

const word = fc.nat({ max: 2 ** 32 - 1 });

it('has what a Set has', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.nat({ max: 40 }))), fc.array(fc.nat({ max: 60 })), (members, others) => {
      const set = new Set(members);
      const words = new WordSet(set);
      for (const one of [...members, ...others, 0]) expect(words.has(one)).toBe(set.has(one));
    }),
  );
});
