/** Where a report's figures come from. Types only. */

import type { HistoryAnswer, HistoryQuery } from '../../agent/model/past.js';

/** What happened, as far as a report tells it. */
export interface ReportEvent {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly kind: 'decision' | 'mode' | 'knob' | 'guest-policy' | 'side-channel' | 'other';
  /** One sentence. */
  readonly text: string;
  /** Of a knob that moved: not by ksmpilot. */
  readonly bySomebodyElse: boolean;
  /** Of a decision: its phase, whether its changes were written, and what it says of an earlier expectation. */
  readonly decision: {
    readonly phase: string;
    readonly changes: number;
    readonly written: boolean;
    readonly held: boolean | null;
  } | null;
}

export interface ReportEvents {
  /** Oldest first. */
  readonly events: readonly ReportEvent[];
  /** There were more: these are the newest. */
  readonly more: boolean;
}

/** The past of one host: of a running agent, or of its file. */
export interface ReportPast {
  /** @throws KsmpilotError HISTORY_OFF, HISTORY_UNAVAILABLE, GUEST_ABSENT */
  history(query: HistoryQuery): Promise<HistoryAnswer>;
  events(span: { readonly fromMs: number; readonly toMs: number }): Promise<ReportEvents>;
}

/** A guest of now, or of the past where the present is not known. null: not known. */
export interface ReportGuest {
  readonly identity: string;
  readonly name: string;
  readonly kind: string | null;
  readonly merge: string | null;
  /** Memory offered to KSM now, bytes. */
  readonly mergeableBytes: number | null;
  /** Memory that its monitor was started with, bytes: `-m` of a QEMU on this host. */
  readonly promisedBytes: number | null;
  /** What the watch for side channels says of it; null: nothing. */
  readonly suspicion: string | null;
}

/** What is known besides the past. null: not known, as where no agent runs. */
export interface ReportHost {
  readonly hostname: string | null;
  readonly kernel: string | null;
  readonly memTotalBytes: number | null;
  readonly memAvailableBytes: number | null;
  /** Resident anonymous memory of the processes that offer memory, bytes. */
  readonly residentBytes: number | null;
  readonly mode: string | null;
  readonly run: number | null;
  readonly rivals: readonly string[];
  readonly problems: readonly { readonly code: string; readonly what: string; readonly cure: string }[];
  /** Milliseconds since the epoch. */
  readonly agentStartedMs: number | null;
  /** CPU of the agent since its start, seconds; without its bpftrace. */
  readonly agentCpuSec: number | null;
  /** What the probes' windows cost in the long run, cores. */
  readonly probeCores: number | null;
  /** `enabled` of transparent_hugepage. */
  readonly hugePages: string | null;
}
