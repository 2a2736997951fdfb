/** What the gRPC services need of the agent; src/agent/agent.ts implements it, tests give a small one. */

import type { Decision, Mode, TunerSettings } from '../../tuner/types.js';
import type { Point } from '../model/derived.js';
import type { AgentEvent, RecordedDecision } from '../model/event.js';
import type { GuestTable } from '../model/guest.js';
import type { HostInfo } from '../model/host.js';
import type { Baseline, KnobValues, RestoreReport } from '../model/knobs.js';

export interface AgentPort {
  host(): HostInfo;
  latest(): Point | undefined;
  /** Points taken at or after `sinceMs` (wall clock), oldest first, as far as the ring reaches. */
  pointsSince(sinceMs: number): readonly Point[];
  /** Calls back for each new point, which `pointsSince` knows by then; returns the unsubscribe function. */
  onPoint(listener: (point: Point) => void): () => void;
  /** The guests at the newest sample; undefined: none were looked at yet. */
  guests(): GuestTable | undefined;
  eventsSince(sinceMs: number): readonly AgentEvent[];
  onEvent(listener: (event: AgentEvent) => void): () => void;

  mode(): Mode;
  paused(): boolean;
  /** The newest `count` decisions, oldest first. */
  decisions(count: number): readonly RecordedDecision[];
  settings(): TunerSettings;
  /** The whole effective configuration, as shown to users. */
  configJson(): string;
  baseline(): Baseline | undefined;

  /** Rejects with MODE_REFUSED where this host forbids the mode. Leaving auto restores the baseline. */
  setMode(mode: Mode): Promise<void>;
  pause(): void;
  resume(): void;
  restore(): Promise<RestoreReport>;
  /** Rejects with CONFIG_INVALID naming the field. */
  updateSettings(change: Partial<TunerSettings>): void;
}

/** What the services need of a log: src/agent/log.ts has it. */
export interface LogPort {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type { Baseline, Decision, KnobValues, RestoreReport };
