import { describe, expect, test } from 'vitest';
import { follow, judge, watch, type Pending } from '../../../src/tuner/outcome.js';

const MIB = 2 ** 20;
const expectation = { ksmdCpuPct: 10, fullScanSec: 20, savedBytes: 400 * MIB, byMonoMs: 60_000 };

/** A minute at the given CPU, a full scan ending every `every` seconds. */
function minute(cpuSec: number | null, every: number, of = expectation as Pending['expectation']): Pending {
  let pending = watch(4, of);
  for (let second = 1; second <= 60; second++) {
    const fullScans = second % every === 0 ? 1 : 0;
    pending = follow(pending, { seconds: 1, cpuSec, scanned: 0, skipped: 0, fullScans, breaks: 0, savedDelta: 0 });
  }
  return pending;
}

describe('judge', () => {
  test('all as expected', () => {
    expect(judge(minute(0.1, 20), 410 * MIB)).toEqual({
      ofDecision: 4,
      held: true,
      text: 'Decision 4 came true: ksmd expected at 10 %, was at 10 %; full scan expected every 20 s, was every 20 s; expected 400 MiB saved, are 410 MiB.',
    });
  });

  test.each([
    ['CPU', minute(0.2, 20), 400],
    ['full scan', minute(0.1, 5), 400],
    ['saving', minute(0.1, 20), 100],
  ])('%s off: did not come true, with both figures', (_what, pending, mib) => {
    expect(judge(pending, mib * MIB)).toMatchObject({ held: false });
  });

  test('small shares are judged by a per cent of a core, not by their ratio', () => {
    const idle = { ...expectation, ksmdCpuPct: 0.1, fullScanSec: null, savedBytes: null };
    expect(judge(minute(0.008, 70, idle), 0)).toMatchObject({ held: true });
  });

  test('the time of a full scan needs two ends; one proves nothing', () => {
    expect(judge(minute(0.1, 45), 400 * MIB)?.text).not.toContain('full scan');
  });

  test('what could not be measured is not judged', () => {
    expect(judge(minute(null, 90, { ...expectation, savedBytes: null }), 0)).toBeNull();
    expect(judge(watch(1, expectation), 0)).toBeNull();
  });
});
