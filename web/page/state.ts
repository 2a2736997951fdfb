/** All that the page knows. The stream fills it, the views read it. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { ServiceTime__Output } from '../../proto/generated/ksmpilot/v1/ServiceTime.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import { COLUMNS, type Column } from './columns.js';
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
  link: Link;
  /** Why the link is lost; empty when it is not. */
  linkDetail: string;
  host: Host__Output | undefined;
  tuner: Tuner__Output | undefined;
  /** The newest frame. */
  sample: SampleFrame__Output | undefined;
  /** Of the newest frame that had any: history comes without. */
  lifetime: SampleFrame__Output['merge_lifetime'];
  /** Of the newest frame that had one, likewise. */
  serviceTime: ServiceTime__Output | undefined;
  processes: readonly Process__Output[];
  guests: GuestList__Output | undefined;
  decisions: readonly Decision__Output[];
  events: readonly EventLine[];
  /** Span of the charts, seconds. */
  rangeSec: number;
  /** Time under the pointer in a chart; undefined: the newest. */
  hoverMs: number | undefined;
}

/** Longest span offered, at one sample a second, and the rows of gaps between. */
const CAPACITY = 6 * 3_600 + 400;

export function emptyState(rangeSec: number): PageState {
  return {
    ring: new SeriesRing({ columns: COLUMNS, capacity: CAPACITY }),
    link: 'connecting',
    linkDetail: '',
    host: undefined,
    tuner: undefined,
    sample: undefined,
    lifetime: [],
    serviceTime: undefined,
    processes: [],
    guests: undefined,
    decisions: [],
    events: [],
    rangeSec,
    hoverMs: undefined,
  };
}
