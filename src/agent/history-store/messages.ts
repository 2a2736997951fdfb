/** What the agent's thread and the thread of the history tell each other. */

import type { ErrorCode } from '../errors.js';
import type { AgentEvent } from '../model/event.js';
import type { Problem } from '../model/host.js';
import type { EventQuery, HistoryQuery } from '../model/past.js';
import type { Retention } from './tiers.js';

export interface StoreSettings {
  /** Of the file. */
  readonly path: string;
  /** Bytes that the file and its log may take. */
  readonly maxBytes: number;
  readonly retention: Retention;
  /** Time between two samples, milliseconds. */
  readonly intervalMs: number;
}

export interface GuestName {
  readonly identity: string;
  readonly name: string;
}

/** One sample of the host and its guests. */
export interface SampleMessage {
  readonly kind: 'sample';
  /** Wall clock and monotonic clock, milliseconds. */
  readonly timeMs: number;
  readonly monoMs: number;
  /** In the order of HOST_FIELDS. */
  readonly host: Float64Array;
  /** Whose figures `guests` holds, in that order; absent: the same as the last time. */
  readonly names?: readonly GuestName[];
  /** Guest after guest, each in the order of GUEST_FIELDS. */
  readonly guests: Float64Array;
}

export type ToStore =
  | SampleMessage
  | { readonly kind: 'event'; readonly event: AgentEvent }
  | { readonly kind: 'history'; readonly id: number; readonly query: HistoryQuery }
  | { readonly kind: 'events'; readonly id: number; readonly query: EventQuery }
  | { readonly kind: 'stop' };

export type FromStore =
  /** A sample was taken in: the next may come. */
  | { readonly kind: 'taken' }
  /** What is wrong has changed. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | {
      readonly kind: 'refusal';
      readonly id: number;
      readonly code: ErrorCode;
      readonly what: string;
      readonly hint?: string;
    }
  /** All is written, the file is closed. */
  | { readonly kind: 'stopped' };
