import { expect, it } from 'vitest';
import type { GuestMergeReport__Output } from '../../../../../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import { isShort, memoryWords, outcomeWords } from '../../../../../../web/page/views/guest/merge-plan.js';

const GIB = 1024 ** 3;

function report(part: Partial<GuestMergeReport__Output>): GuestMergeReport__Output {
  return { key: 'k', name: 'n', changed: false, feasible: true, steps: ['Set merge off.'], advice: [], ...part };
}

it.each([
  [{}, false],
  [{ needed_bytes: 2 * GIB, usable_bytes: GIB }, true],
  [{ needed_bytes: GIB, usable_bytes: GIB }, false],
  [{ needed_bytes: GIB }, false],
])('%j: is the host short of memory? %j', (part, isSo) => {
  expect(isShort(report(part))).toBe(isSo);
});

it('says what it takes of what the host has', () => {
  expect(memoryWords(report({}))).toBeUndefined();
  expect(memoryWords(report({ needed_bytes: GIB, usable_bytes: 4 * GIB }))).toBe(
    'Takes up to 1.00 GiB of the 4.00 GiB that the host has for it.',
  );
  expect(memoryWords(report({ needed_bytes: 5 * GIB, usable_bytes: GIB }))).toContain('that is refused');
  expect(memoryWords(report({ needed_bytes: GIB }))).toContain('is not known');
});

it('says what came of it', () => {
  expect(outcomeWords(report({}))).toBe('Nothing was changed.');
  expect(outcomeWords(report({ changed: true }))).toBe('Done.');
  expect(outcomeWords(report({ changed: true, mergeable_before_bytes: GIB, mergeable_after_bytes: 0 }))).toBe(
    'Done: offered to KSM before 1.00 GiB, now 0 B.',
  );
});
