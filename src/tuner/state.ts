/** All that the tuner remembers: plain data of fixed size, so that it can be logged, replayed and compared. */

import { initialBurst, type BurstState } from './burst.js';
import { initialCap, type CapState } from './cap.js';
import { initialCost, type CostState } from './cost.js';
import { initialFlow, type FlowState } from './flow.js';
import { initialGrowth, type GrowthState } from './growth.js';
import { initialGuard, type GuardState } from './guards.js';
import type { LastDecision } from './decision.js';
import type { Pending } from './outcome.js';
import type { Reading } from './reading.js';
import { initialRest, type RestState } from './rest.js';
import { initialRounds, type RoundsState } from './rounds.js';
import { initialSmartScan, type SmartScanState } from './smart-scan.js';

export interface TunerState {
  readonly previous: Reading | null;
  readonly cost: CostState;
  readonly flow: FlowState;
  readonly growth: GrowthState;
  readonly burst: BurstState;
  readonly rounds: RoundsState;
  readonly rest: RestState;
  readonly smartScan: SmartScanState;
  readonly cap: CapState;
  readonly guard: GuardState;
  /** Has the policy ever been free to act? Until then memory that is there counts as new. */
  readonly looked: boolean;
  /** The next tick decides much: memory grows, or a full scan takes but seconds. The shell may look more often. */
  readonly urgent: boolean;
  /** CPU seconds of a full scan as last estimated. */
  readonly fullScanCpuSec: number;
  readonly nextId: number;
  readonly last: LastDecision | null;
  readonly pending: Pending | null;
}

export function initialState(): TunerState {
  return {
    previous: null,
    cost: initialCost,
    flow: initialFlow,
    growth: initialGrowth,
    burst: initialBurst,
    rounds: initialRounds,
    rest: initialRest,
    smartScan: initialSmartScan,
    cap: initialCap,
    guard: initialGuard,
    looked: false,
    urgent: false,
    fullScanCpuSec: 0,
    nextId: 1,
    last: null,
    pending: null,
  };
}

/** All knobs are as they were found: none is held any more. */
export function letGo(state: TunerState): TunerState {
  return { ...state, smartScan: initialSmartScan };
}

/**
 * The operator hands the knobs back (`ksmpilot tune auto` while auto mode has yielded): whatever they are now is the
 * new starting point. Entering auto mode and resuming do the same by themselves.
 */
export function takeOver(state: TunerState): TunerState {
  return { ...state, guard: initialGuard };
}
