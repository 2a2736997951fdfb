/** A way to set the knobs: what ksmpilot is compared with, and ksmpilot itself. Pure: state in, state out. */

import type { Knobs, Observation } from '../types.js';
import type { FullScanEnd } from './host-sim.js';

export interface Policy<State> {
  /** As the operator writes it. */
  readonly name: string;
  /** Knobs before the first tick. */
  readonly knobs: Knobs;
  readonly initial: State;
  /** Once a second. */
  tick(state: State, observation: Observation): { readonly state: State; readonly knobs: Knobs };
  /** Once a second while somebody else has the knobs, before this policy takes over. */
  watch?(state: State, observation: Observation): State;
  /** At the end of each full scan; only the kernel's own advisor acts there. */
  fullScan?(state: State, scan: FullScanEnd, knobs: Knobs): { readonly state: State; readonly knobs: Knobs };
}

/** A policy under way, whatever its state is. */
export interface PolicyRun {
  readonly name: string;
  readonly knobs: Knobs;
  tick(observation: Observation): Knobs;
  watch(observation: Observation): void;
  fullScan(scan: FullScanEnd, knobs: Knobs): Knobs;
}

/** Makes new runs of one policy. */
export type PolicyStart = () => PolicyRun;

export function starter<State>(policy: Policy<State>): PolicyStart {
  return () => {
    let state = policy.initial;
    return {
      name: policy.name,
      knobs: policy.knobs,
      tick(observation) {
        const next = policy.tick(state, observation);
        state = next.state;
        return next.knobs;
      },
      watch(observation) {
        state = policy.watch?.(state, observation) ?? state;
      },
      fullScan(scan, knobs) {
        const next = policy.fullScan?.(state, scan, knobs);
        if (next === undefined) return knobs;
        state = next.state;
        return next.knobs;
      },
    };
  };
}

/** The kernel's own values, as after boot. */
export const KERNEL_DEFAULT = { pages_to_scan: 100, sleep_millisecs: 20 } as const;

/** KSM as it is after boot: off. What is merged stays merged until it is written to. */
export const OFF = fixed('off', { run: 0, ...KERNEL_DEFAULT });

export function fixed(name: string, knobs: Knobs): Policy<null> {
  return { name, knobs, initial: null, tick: () => ({ state: null, knobs }) };
}
