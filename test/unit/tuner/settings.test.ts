import { expect, test } from 'vitest';
import { DEFAULT_TUNER_SETTINGS, saneSettings } from '../../../src/tuner/settings.js';

test('sane settings pass unchanged', () => {
  expect(saneSettings(DEFAULT_TUNER_SETTINGS)).toEqual(DEFAULT_TUNER_SETTINGS);
});

test('NaN becomes the default, the rest is clamped', () => {
  const wild = { gibPerCore: NaN, maxCpuPct: 1e9, minFullScanSec: -3, maxFullScanSec: 0 };
  expect(saneSettings({ ...DEFAULT_TUNER_SETTINGS, ...wild })).toEqual({
    gibPerCore: 8,
    maxCpuPct: 100,
    minFullScanSec: 0.1,
    maxFullScanSec: 1,
    mayStart: true,
    mayStop: true,
    smartScan: true,
  });
});

test('the longest full scan is never below the shortest', () => {
  expect(saneSettings({ ...DEFAULT_TUNER_SETTINGS, minFullScanSec: 50, maxFullScanSec: 5 }).maxFullScanSec).toBe(50);
});
