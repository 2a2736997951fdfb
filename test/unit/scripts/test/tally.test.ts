import { describe, expect, it } from 'vitest';
import { singleStep, summary, vitestStep } from '../../../../scripts/test/tally.mjs';

const skip = (project: string) => ({ name: `${project} > a`, project, reason: 'no /dev/kvm' });
const run = { name: 'kernel', code: 0, timedOut: false, ci: false };

describe('vitestStep', () => {
  it('takes over what vitest reported', () => {
    const report = { passed: 3, failed: [], skipped: [skip('kernel')] };
    expect(vitestStep({ ...run, report })).toMatchObject({
      passed: 3,
      failed: [],
      skipped: [{ reason: 'no /dev/kvm' }],
    });
  });

  it('counts a skipped kernel test as a failure in CI, and no other', () => {
    const report = { passed: 1, failed: [], skipped: [skip('kernel'), skip('kernels'), skip('browser')] };
    const step = vitestStep({ ...run, report, ci: true });
    expect(step.failed).toEqual([
      'kernel > a (skipped in CI: no /dev/kvm)',
      'kernels > a (skipped in CI: no /dev/kvm)',
    ]);
    expect(step.skipped).toHaveLength(1);
  });

  it.each([
    ['a hang', { report: undefined, code: null, timedOut: true }, 'no end in the time it has'],
    ['a crash', { report: undefined, code: 134 }, 'ended with 134'],
    ['a failure outside any test', { report: { passed: 2, failed: [], skipped: [] }, code: 1 }, 'ended with 1'],
    ['no report', { report: undefined }, 'left no report'],
  ])('counts %s as one failure', (_name, change, text) => {
    const step = vitestStep({ ...run, ...change });
    expect(step.failed).toHaveLength(1);
    expect(step.failed[0]).toContain(text);
  });

  it('does not count failed tests twice because vitest ended with 1', () => {
    const report = { passed: 0, failed: ['x'], skipped: [] };
    expect(vitestStep({ ...run, report, code: 1 }).failed).toEqual(['x']);
  });
});

describe('summary', () => {
  it('ends with the sum', () => {
    const { lines, ok } = summary([singleStep('build', true), { name: 'u', passed: 9, failed: [], skipped: [] }]);
    expect(lines.at(-1)).toBe('10 passed, 0 failed');
    expect(ok).toBe(true);
  });

  it('names failures and skips with their reasons before it', () => {
    const { lines, ok } = summary([
      singleStep('lint', false),
      { name: 'u', passed: 1, failed: [], skipped: [{ name: 'b', reason: 'no chromium' }] },
    ]);
    expect(lines).toEqual(['skipped: b: no chromium', 'FAILED: lint', '1 passed, 1 failed, 1 skipped']);
    expect(ok).toBe(false);
  });

  it('is no success when nothing ran', () => {
    expect(summary([]).ok).toBe(false);
  });
});
