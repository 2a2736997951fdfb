/** Model -> protobuf messages: the past. Pure. */

import type { EventList } from '../../../proto/generated/ksmpilot/v1/EventList.js';
import type { History } from '../../../proto/generated/ksmpilot/v1/History.js';
import type { EventAnswer, HistoryAnswer } from '../model/past.js';
import { encodeEvent } from './encode-event.js';
import { toCount } from './encode-number.js';

export function encodeHistory({ resolutionMs, timesMs, columns, oldestMs, problem }: HistoryAnswer): History {
  return {
    resolution_ms: resolutionMs,
    time_ms: [...timesMs],
    columns: columns.map(({ name, mean, min, max }) => ({ name, mean: [...mean], min: [...min], max: [...max] })),
    oldest_ms: toCount(oldestMs),
    problem,
  };
}

export function encodeEventList({ events, more }: EventAnswer): EventList {
  // Nothing was dropped on the way: these were kept.
  return { events: events.map((event) => encodeEvent(event, 0)), more };
}
