import { describe, expect, it } from 'vitest';
import type { GuestMergeReport__Output } from '../../../../../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import { memoryWords, outcomeWords, verdictOf } from '../../../../../../web/page/views/guest/merge-plan.js';

const GIB = 1024 ** 3;

function report(part: Partial<GuestMergeReport__Output>): GuestMergeReport__Output {
  return { key: 'k', name: 'n', changed: false, steps: ['Set merge off.'], advice: [], ...part };
}

describe('the verdict on a plan', () => {
  it.each([
    [{}, 'possible'],
    [{ steps: [] }, 'nothing'],
    [{ advice: ['MemoryKSM=no'] }, 'by hand'],
    [{ needed_bytes: 2 * GIB, usable_bytes: GIB }, 'short'],
    [{ needed_bytes: GIB, usable_bytes: GIB }, 'possible'],
    [{ needed_bytes: GIB }, 'possible'],
  ] as const)('%j is %s', (part, verdict) => {
    expect(verdictOf(report(part as Partial<GuestMergeReport__Output>))).toBe(verdict);
  });
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
