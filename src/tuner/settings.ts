/** The tuner's settings: their defaults, their ranges, and what to do with a value outside. */

import type { TunerSettings } from './types.js';

export const DEFAULT_TUNER_SETTINGS: TunerSettings = {
  // Near the list prices of public clouds, where a core costs about as much as 8 GiB.
  gibPerCore: 8,
  // Half a core for the seconds of a burst; between bursts the price, not the cap, decides.
  maxCpuPct: 50,
  // The checksum gate takes a page whose content lived through one full scan: faster ones let through content that is
  // about to change, and such a merge is paid for twice. 2 s made bursts of small hosts miss 1.25x of scanning at the
  // cap in the simulator (1.3x); 1 s keeps it.
  minFullScanSec: 1,
  // Ten minutes between rounds: what lives for half an hour is still caught for most of its life.
  maxFullScanSec: 600,
  mayStart: true,
  mayStop: true,
  smartScan: true,
};

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Inclusive ranges. `gibPerCore` in GiB, `maxCpuPct` in per cent of one core, the others in seconds. */
export const SETTING_RANGES = {
  gibPerCore: { min: 0.1, max: 1024 },
  maxCpuPct: { min: 1, max: 100 },
  minFullScanSec: { min: 0.1, max: 3600 },
  maxFullScanSec: { min: 1, max: 86_400 },
} as const satisfies Record<string, Range>;

/** Clamps to the ranges; what is not a number becomes the default. The policy never sees NaN or a negative price. */
export function saneSettings(settings: TunerSettings): TunerSettings {
  const minFullScanSec = inRange(settings.minFullScanSec, 'minFullScanSec');
  return {
    gibPerCore: inRange(settings.gibPerCore, 'gibPerCore'),
    maxCpuPct: inRange(settings.maxCpuPct, 'maxCpuPct'),
    minFullScanSec,
    maxFullScanSec: Math.max(minFullScanSec, inRange(settings.maxFullScanSec, 'maxFullScanSec')),
    // Only a plain `true` may start a scanner that lets tenants learn of each other.
    mayStart: (settings.mayStart as unknown) === true,
    mayStop: (settings.mayStop as unknown) === true,
    smartScan: (settings.smartScan as unknown) === true,
  };
}

function inRange(value: number, name: keyof typeof SETTING_RANGES): number {
  const range = SETTING_RANGES[name];
  return Number.isFinite(value) ? Math.min(range.max, Math.max(range.min, value)) : DEFAULT_TUNER_SETTINGS[name];
}
