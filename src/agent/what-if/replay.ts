/** A host's past under its own knobs and under other policies. Pure; for both `simulate FILE` and the agent. */

import type { HostHistory } from '../../tuner/sim/history.js';
import { policyNamed } from '../../tuner/sim/named-policies.js';
import { starter } from '../../tuner/sim/policy.js';
import { reconstruct, type Fit } from '../../tuner/sim/reconstruct.js';
import { netCoreSec, simulate, type SimResult } from '../../tuner/sim/simulate.js';
import type { TunerSettings } from '../../tuner/types.js';
import type { WhatIfAnswer } from '../model/what-if.js';

/** What is compared with what happened where nobody names anything. */
export const USUAL_POLICIES: readonly string[] = ['off', 'default', 'ksmtuned', 'advisor', 'ksmpilot'];

export interface ReplayQuestion {
  readonly history: HostHistory;
  /** Names that policyNamed() knows; empty: the usual ones. */
  readonly policies: readonly string[];
  readonly settings: TunerSettings;
  /** Begin with nothing merged, as after a boot. */
  readonly cold: boolean;
}

export interface Replay {
  /** What was replayed. */
  readonly what: string;
  readonly seconds: number;
  readonly fit: Fit;
  readonly unknowns: readonly string[];
  /** The knobs as recorded first. */
  readonly results: readonly SimResult[];
}

export function replay({ history, policies, settings, cold }: ReplayQuestion): Replay {
  const { workload, costs, smartScan, useZeroPages, pageSize, fit, unknowns, recorded } = reconstruct(history, {
    cold,
  });
  const names = policies.length === 0 ? USUAL_POLICIES : [...new Set(policies)];
  const others = names.map((name) => policyNamed(name, settings)).filter((start) => start !== undefined);
  return {
    what: `${workload.what}${cold ? ', beginning with nothing merged' : ''}`,
    seconds: workload.seconds,
    fit,
    unknowns,
    results: [starter(recorded), ...others].map((start) =>
      simulate(workload, start, { costs, smartScan, useZeroPages, pageSize }),
    ),
  };
}

export function whatIfAnswer({ what, seconds, fit, unknowns, results }: Replay, gibPerCore: number): WhatIfAnswer {
  return {
    what,
    seconds,
    gibPerCore,
    rows: results.map((one) => ({
      policy: one.policy,
      savedGibSec: one.savedGibSec,
      ksmdCpuSec: one.ksmdCpuSec,
      netCoreSec: netCoreSec(one, gibPerCore),
      savedEndBytes: Math.round(one.endSavedBytes),
    })),
    unknowns: [fitSentence(fit), ...unknowns],
  };
}

/** How far the replay of the recorded knobs is off. */
export function fitSentence({ costFactor, savedError, cpuError }: Fit): string {
  const error = (share: number | null): string =>
    share === null ? 'an unknown share' : `${share <= -0.0005 ? '-' : '+'}${(100 * Math.abs(share)).toFixed(1)} %`;
  return (
    `Replayed under its own knobs, the record's saving comes out ${error(savedError)} off. The cost of a page was fitted to ` +
    `the record's CPU (${error(cpuError)} left): ${costFactor.toFixed(2)} times the usual.`
  );
}
