import { expect, test } from 'vitest';
import { bestFullScan, DELAY_FULL_SCANS } from '../../../src/tuner/track.js';

const host = {
  fullScanCpuSec: 0.6,
  // 4 KiB at 8 GiB per core.
  worth: 4096 / 2 ** 30 / 8,
  arrivals: 50,
  lifetimeSec: 3600,
  countedAtFullScanSec: null,
  breakRate: null,
  brokenLifetimeSec: null,
  minFullScanSec: 1,
  maxFullScanSec: 600,
};

test('long lifetimes: the square-root law, to half a grid step', () => {
  const law = Math.sqrt(host.fullScanCpuSec / (DELAY_FULL_SCANS * host.worth * host.arrivals));
  const best = bestFullScan(host).fullScanSec ?? 0;
  expect(Math.abs(Math.log2(best / law))).toBeLessThan(0.26);
  const four = bestFullScan({ ...host, arrivals: 4 * host.arrivals }).fullScanSec ?? 0;
  expect(Math.log2(best / four)).toBeCloseTo(1, 0);
});

test('content that lives shorter than a full scan that pays: not scanning is best', () => {
  expect(bestFullScan({ ...host, lifetimeSec: 5 })).toEqual({ fullScanSec: null, netCores: 0 });
  expect(bestFullScan({ ...host, arrivals: 0 }).fullScanSec).toBeNull();
});

test('the same short life pays when there is enough of it', () => {
  const best = bestFullScan({ ...host, lifetimeSec: 60, arrivals: 20_000 });
  expect(best.fullScanSec).not.toBeNull();
  expect(best.fullScanSec ?? 0).toBeLessThan(20);
  expect(best.netCores).toBeGreaterThan(0);
});

test('probes tell that what arrives breaks at once: stop, where the mean lifetime alone would scan', () => {
  const mixed = { ...host, arrivals: 500, breakRate: 500 };
  expect(bestFullScan(mixed).fullScanSec).not.toBeNull();
  expect(bestFullScan({ ...mixed, brokenLifetimeSec: 2 }).fullScanSec).toBeNull();
});

test('a higher price scans no slower, a dearer page no faster', () => {
  let previous = Infinity;
  for (const factor of [0.25, 1, 4, 16]) {
    const best = bestFullScan({ ...host, worth: host.worth * factor }).fullScanSec ?? Infinity;
    expect(best).toBeLessThanOrEqual(previous);
    previous = best;
  }
  const dear = bestFullScan({ ...host, fullScanCpuSec: 6 }).fullScanSec ?? 0;
  expect(dear).toBeGreaterThan(bestFullScan(host).fullScanSec ?? Infinity);
});

test('stays within its bounds, and its work is bounded whatever they are', () => {
  expect(bestFullScan({ ...host, arrivals: 1e9 }).fullScanSec).toBe(1);
  expect(bestFullScan({ ...host, arrivals: 2 }).fullScanSec).toBe(600);
  expect(bestFullScan({ ...host, minFullScanSec: 1e-300, maxFullScanSec: 1e300 }).netCores).toBeGreaterThanOrEqual(0);
});
