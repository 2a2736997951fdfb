/** Requests about the past checked field by field. Pure. */

import type { GetHistoryRequest__Output } from '../../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { ListEventsRequest__Output } from '../../../proto/generated/ksmpilot/v1/ListEventsRequest.js';
import { KsmpilotError } from '../errors.js';
import type { EventQuery, HistoryQuery } from '../model/past.js';
import { eventKindOf } from './encode-event.js';

/** What a chart that fills a wide screen can show. */
const POINTS = 600;
const POINTS_MAX = 5000;
const EVENTS = 500;
const EVENTS_MAX = 5000;
/** Three times as many as there are. */
const FIELDS_MAX = 100;
const GUEST_MAX = 1024;

function invalid(field: string, message: string): KsmpilotError {
  return new KsmpilotError('REQUEST_INVALID', `${field} ${message}`, {
    hint: 'proto/ksmpilot/v1/ksmpilot.proto says what each field may hold.',
  });
}

export function readHistoryQuery(request: GetHistoryRequest__Output): HistoryQuery {
  const { points, fields, guest } = request;
  if (points > POINTS_MAX) throw invalid('points', `must be 0 to ${POINTS_MAX}, not ${points}.`);
  if (fields.length > FIELDS_MAX) throw invalid('fields', `must be at most ${FIELDS_MAX}.`);
  if (guest.length > GUEST_MAX) throw invalid('guest', `must have at most ${GUEST_MAX} characters.`);
  return { ...readSpan(request), points: points === 0 ? POINTS : points, fields, guest };
}

export function readEventQuery(request: ListEventsRequest__Output): EventQuery {
  const { limit } = request;
  if (limit > EVENTS_MAX) throw invalid('limit', `must be 0 to ${EVENTS_MAX}, not ${limit}.`);
  const kinds = new Set(request.kinds);
  return {
    ...readSpan(request),
    kinds: [...kinds].map((kind) => {
      // An enum number that this proto does not know arrives as a number.
      const known = typeof kind === 'string' ? eventKindOf(kind) : undefined;
      if (known === undefined) throw invalid('kinds', `must hold known event kinds only, not ${kind}.`);
      return known;
    }),
    limit: limit === 0 ? EVENTS : limit,
  };
}

function readSpan(request: { readonly from_ms: number; readonly to_ms: number }): { fromMs: number; toMs: number } {
  const { from_ms: fromMs, to_ms: toMs } = request;
  for (const [field, value] of Object.entries({ from_ms: fromMs, to_ms: toMs })) {
    if (!Number.isSafeInteger(value)) throw invalid(field, 'must be milliseconds since the epoch, or 0.');
  }
  if (toMs !== 0 && toMs < fromMs) throw invalid('to_ms', `must not be before from_ms (${fromMs}), not ${toMs}.`);
  return { fromMs, toMs };
}
