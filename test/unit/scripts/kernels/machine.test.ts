import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../../scripts/kernels/machine.mjs';

describe('shellWord', () => {
  it('is one word that the shell reads as it was, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
          { maxLength: 5 },
        ),
        (words) => {
          const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
          const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
          expect(read).toBe(words.length === 0 ? '\0' : words.map((word) => `${word}\0`).join(''));
        },
      ),
      { numRuns: 50 },
    );
  });
});
