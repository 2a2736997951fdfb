/** What the gRPC services need of the agent; src/agent/agent.ts implements it, tests give a small one. */

import type { Decision, Mode, TunerSettings } from '../../tuner/types.js';
import type { Point } from '../model/derived.js';
import type { DecisionTally } from '../model/decision-tally.js';
import type { AgentEvent, RecordedDecision } from '../model/event.js';
import type { MapAnswer, MergeAnswer, MergeGoal, WhyAnswer } from '../model/guest-answer.js';
import type { GuestPolicyAnswer } from '../model/guest-policy.js';
import type { GuestTable } from '../model/guest.js';
import type { HostInfo } from '../model/host.js';
import type { Baseline, KnobValues, RestoreReport } from '../model/knobs.js';
import type { EventAnswer, EventQuery, HistoryAnswer, HistoryQuery } from '../model/past.js';
import type { SideChannelReport } from '../model/side-channel.js';
import type { WhatIfAnswer } from '../model/what-if.js';
import type { AuditLine } from './audit.js';

export interface AgentPort {
  host(): HostInfo;
  latest(): Point | undefined;
  /** Points taken at or after `sinceMs` (wall clock), oldest first, as far as the ring reaches. */
  pointsSince(sinceMs: number): readonly Point[];
  /** Calls back for each new point, which `pointsSince` knows by then; returns the unsubscribe function. */
  onPoint(listener: (point: Point) => void): () => void;
  /** The guests at the newest sample; undefined: none were looked at yet. */
  guests(): GuestTable | undefined;
  /** The side-channel watch and whom it has seen. */
  sideChannel(): SideChannelReport;
  eventsSince(sinceMs: number): readonly AgentEvent[];
  onEvent(listener: (event: AgentEvent) => void): () => void;

  mode(): Mode;
  paused(): boolean;
  /** The newest `count` decisions, oldest first. */
  decisions(count: number): readonly RecordedDecision[];
  /** Of all decisions since the agent's start. */
  decisionTally(): DecisionTally;
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

  readonly guestCalls: GuestCalls;
  readonly past: PastCalls;
}

/** What was. */
export interface PastCalls {
  /** Rejects with HISTORY_UNAVAILABLE, GUEST_ABSENT, WORK_EXHAUSTED. @param signal of who asks */
  history(query: HistoryQuery, signal?: AbortSignal): Promise<HistoryAnswer>;
  /** Where no history is kept: of those in memory. */
  events(query: EventQuery, signal?: AbortSignal): Promise<EventAnswer>;
}

/** One change of a guest's merging. */
export interface MergeCall {
  /** Key, identity, id, name or pid. */
  readonly guest: string;
  readonly goal: MergeGoal;
  /** Only tell what it would do. */
  readonly dryRun: boolean;
  /** For the audit log. */
  readonly by: AuditLine['actor'];
}

/**
 * Work of seconds about one guest or the past, bounded in number and time. Each is given up when its signal is aborted;
 * a change that has begun goes on to its end.
 */
export interface GuestCalls {
  /** @throws KsmpilotError GUEST_ABSENT, GUEST_AMBIGUOUS, WORK_EXHAUSTED, WORK_TOO_LONG, NOT_ROOT, MEMORY_UNREADABLE */
  why(guest: string, signal: AbortSignal): Promise<WhyAnswer>;
  /** @throws KsmpilotError as `why` */
  map(guest: string, signal: AbortSignal): Promise<MapAnswer>;
  /** @throws KsmpilotError as `why`; MEMORY_SHORT, MERGE_NOT_FOLLOWED, QMP_... */
  merge(call: MergeCall, signal: AbortSignal): Promise<MergeAnswer>;
  /** What the policy makes of each guest now. */
  policy(): GuestPolicyAnswer;
  /** @throws KsmpilotError HISTORY_SHORT, WORK_EXHAUSTED, WORK_TOO_LONG */
  whatIf(
    question: { readonly lookBackSec: number; readonly policies: readonly string[] },
    signal: AbortSignal,
  ): Promise<WhatIfAnswer>;
}

/** What the services need of a log: src/agent/log.ts has it. */
export interface LogPort {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type { Baseline, Decision, KnobValues, RestoreReport };
