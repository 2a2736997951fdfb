import { expect, test } from 'vitest';
import { timeLimits } from '../../../../src/agent/side-channel/limits.js';

test('the limits follow the full scan, within bounds', () => {
  expect(timeLimits(undefined)).toEqual({ slowestMs: 60_000, windowMs: 480_000 });
  expect(timeLimits(20)).toEqual({ slowestMs: 60_000, windowMs: 480_000 });
  expect(timeLimits(10_000)).toEqual({ slowestMs: 320_000, windowMs: 2_560_000 });
  expect(timeLimits(3_600_000)).toEqual({ slowestMs: 6 * 3_600_000, windowMs: 24 * 3_600_000 });
});
