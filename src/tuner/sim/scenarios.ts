/**
 * Built-in workloads, for trying policies without a record. Guests of one image: half of their memory is the image, the
 * rest is their own; what differs is what happens to it. Sizes follow from the number of guests and bytes per guest.
 */

import { arrays, churn, exit, logins, phase, volatile } from './moving-scenarios.js';
import { aged, bootStorm, idle, lateCopy, steady, zero } from './resting-scenarios.js';
import type { ScenarioParts, ScenarioSize } from './scenario-parts.js';
import type { Workload } from './workload.js';

export type { ScenarioSize } from './scenario-parts.js';

export const SCENARIO_NAMES = [
  'boot-storm',
  'steady',
  'churn',
  'long-churn',
  'phase',
  'volatile',
  'idle',
  'zero',
  'arrays',
  'logins',
  'exit',
  'aged',
  'late-copy',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** A host of 64 GiB with sixteen guests of 2 GiB, for an hour. */
export const DEFAULT_SIZE: ScenarioSize = { guests: 16, guestBytes: 2 * 2 ** 30, seconds: 3600 };

const BY_NAME: Readonly<Record<ScenarioName, (size: ScenarioSize) => ScenarioParts>> = {
  'boot-storm': bootStorm,
  steady,
  churn: (size) =>
    churn(
      size,
      300,
      'a quarter of the memory of each guest is rewritten every five minutes, mostly with contents others have',
    ),
  'long-churn': (size) =>
    churn(
      size,
      600,
      'a quarter of the memory of each guest is rewritten every ten minutes, mostly with contents others have',
    ),
  phase,
  volatile,
  idle,
  zero,
  arrays,
  logins,
  exit,
  aged,
  'late-copy': lateCopy,
};

export function scenario(name: ScenarioName, size: ScenarioSize = DEFAULT_SIZE): Workload {
  const { guests, guestBytes, seconds } = size;
  return {
    ...BY_NAME[name](size),
    name,
    seconds,
    // Guests take half of the host.
    memTotalBytes: 2 * guests * guestBytes,
    otherBytes: 2 * 2 ** 30,
  };
}
