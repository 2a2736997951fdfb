/** What the agent reports as it happens; kept in a bounded ring and streamed over gRPC. */

import type { Decision, Mode } from '../../tuner/types.js';
import type { GuestPolicyStep } from './guest-policy.js';
import type { FullScan, ProbeState } from './probe.js';
import type { SuspicionStep } from './side-channel.js';

/** Who moved a knob: this agent, or anybody else (another tuner, an operator's shell). */
export type KnobMover = 'ksmpilot' | 'somebody else';

export interface KnobChanged {
  readonly knob: string;
  readonly from: string;
  readonly to: string;
  readonly by: KnobMover;
}

/** A decision together with what became of it. */
export interface RecordedDecision {
  readonly decision: Decision;
  readonly timeMs: number;
  /** Were the changes written (auto), or only advised? */
  readonly written: boolean;
}

export type AgentEventBody =
  | { readonly kind: 'full-scan'; readonly scan: FullScan }
  | { readonly kind: 'entered'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'exited'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'knob'; readonly change: KnobChanged }
  | { readonly kind: 'decision'; readonly record: RecordedDecision }
  | { readonly kind: 'probe-state'; readonly probe: ProbeState }
  | { readonly kind: 'mode'; readonly mode: Mode }
  | { readonly kind: 'guest-policy'; readonly step: GuestPolicyStep }
  | { readonly kind: 'side-channel'; readonly step: SuspicionStep };

export type AgentEvent = AgentEventBody & {
  /** 0, 1, 2, ... since the agent's start. */
  readonly seq: number;
  readonly timeMs: number;
  /** One sentence for people. */
  readonly text: string;
};
