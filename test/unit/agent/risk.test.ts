import { describe, expect, it } from 'vitest';
import { marginBytes, savedPages, unmergeRisk } from '../../../src/agent/risk.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

it.each([
  [1 * GIB, 256 * MIB],
  [5 * GIB, 256 * MIB],
  [100 * GIB, 5 * GIB],
  [1024 * GIB, 8 * GIB],
])('of %d bytes leaves %d alone', (total, margin) => {
  expect(marginBytes(total)).toBe(margin);
});

describe('the risk', () => {
  const memTotalBytes = 100 * GIB;

  it('is what is needed of what may be used', () => {
    expect(unmergeRisk({ neededBytes: 5 * GIB, availableBytes: 15 * GIB, memTotalBytes })).toEqual({
      neededBytes: 5 * GIB,
      availableBytes: 15 * GIB,
      marginBytes: 5 * GIB,
      ratio: 0.5,
      fits: true,
    });
  });

  it('fits to the byte', () => {
    expect(unmergeRisk({ neededBytes: 10 * GIB, availableBytes: 15 * GIB, memTotalBytes }).fits).toBe(true);
    expect(unmergeRisk({ neededBytes: 10 * GIB + 1, availableBytes: 15 * GIB, memTotalBytes }).fits).toBe(false);
  });

  it('is infinite where nothing may be used, and none where nothing is needed', () => {
    const host = { availableBytes: GIB, memTotalBytes };
    expect(unmergeRisk({ neededBytes: 1, ...host })).toMatchObject({ ratio: Infinity, fits: false });
    expect(unmergeRisk({ neededBytes: 0, ...host })).toMatchObject({ ratio: 0, fits: true });
  });
});

it('counts what comes back', () => {
  expect(savedPages({ pages_sharing: 7, ksm_zero_pages: 3 })).toBe(10);
  expect(savedPages({ pages_sharing: 7 })).toBe(7);
  expect(savedPages({ ksm_zero_pages: 3 })).toBeUndefined();
});
