/** All that the page knows. The stream fills it, the views read it. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { ServiceTime__Output } from '../../proto/generated/ksmpilot/v1/ServiceTime.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import { COLUMNS, type Column } from './columns.js';
import { SavedPast } from './saved-past.js';
import { GuestBreaks } from './guest-breaks.js';
import { SCAN_COLUMNS, type ScanColumn } from './scans.js';
import { SeriesRing } from './series.js';
import type { EventLine } from './timeline.js';

export type Link =
  /** Nothing heard yet. */
  | 'connecting'
  /** Samples flow. */
  | 'live'
  /** The gateway answers, the agent does not. */
  | 'agent-lost'
  /** The gateway does not answer. */
  | 'gateway-lost';

export interface PageState {
  readonly ring: SeriesRing<Column>;
  /** Full scans that the stream told of, at the time of their end. */
  readonly scans: SeriesRing<ScanColumn>;
  /** COW breaks a second by guest, since the page was opened. */
  readonly guestBreaks: GuestBreaks;
  link: Link;
  /** Why the link is lost; empty when it is not. */
  linkDetail: string;
  host: Host__Output | undefined;
  tuner: Tuner__Output | undefined;
  /** When the newest frame came, milliseconds of performance.now(): while the past is told, frames are old and come fast. */
  heardMs: number;
  /** The newest frame. */
  sample: SampleFrame__Output | undefined;
  /** Of the newest frame that had any: history comes without. */
  lifetime: SampleFrame__Output['merge_lifetime'];
  /** Of the newest frame that had one, likewise. */
  serviceTime: ServiceTime__Output | undefined;
  processes: readonly Process__Output[];
  guests: GuestList__Output | undefined;
  /** What each guest saved since the page was opened. */
  readonly savedPast: SavedPast;
  decisions: readonly Decision__Output[];
  events: readonly EventLine[];
}

/** Longest span offered, at one sample a second, and the rows of gaps between. */
const CAPACITY = 6 * 3_600 + 400;

/** A small host does fifty in a second; then the older ones are known from the history. */
const MAX_SCANS = 5_000;

export function emptyState(): PageState {
  return {
    ring: new SeriesRing({ columns: COLUMNS, capacity: CAPACITY }),
    scans: new SeriesRing({ columns: SCAN_COLUMNS, capacity: MAX_SCANS }),
    guestBreaks: new GuestBreaks(),
    link: 'connecting',
    linkDetail: '',
    host: undefined,
    tuner: undefined,
    heardMs: -Infinity,
    sample: undefined,
    lifetime: [],
    serviceTime: undefined,
    processes: [],
    guests: undefined,
    savedPast: new SavedPast(),
    decisions: [],
    events: [],
  };
}

/** A frame of an earlier time that came so lately is one of many. Milliseconds. */
const CATCHING_UP_MS = 1_500;
/** Frames younger than this are not the past. */
const LATE_MS = 5_000;

/** Is the stream still telling of the past? Then what is not there yet may still come. */
export function isCatchingUp({ sample, heardMs }: PageState): boolean {
  if (sample === undefined) return false;
  return performance.now() - heardMs < CATCHING_UP_MS && Date.now() - sample.time_ms > LATE_MS;
}
