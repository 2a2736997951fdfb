/** The part of an address behind `?`, read into requests of the proto. Pure; everything throws Refused. */

import type { EventKind } from '../../proto/generated/ksmpilot/v1/EventKind.js';
import type { GetHistoryRequest } from '../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import type { ListEventsRequest } from '../../proto/generated/ksmpilot/v1/ListEventsRequest.js';
import type { WhatIfRequest } from '../../proto/generated/ksmpilot/v1/WhatIfRequest.js';
import { Refused } from './status.js';

/** Longest name of anything that is asked for. */
const MAX_TEXT = 512;
/** Names in one list. */
const MAX_NAMES = 64;
/** 2100-01-01, milliseconds since the epoch. */
const LAST_MS = 4_102_444_800_000;

export function historyOf(query: URLSearchParams): GetHistoryRequest {
  return {
    ...spanOf(query),
    points: numberOf(query, 'points', 5_000, 0),
    fields: namesOf(query, 'fields'),
    guest: textOf(query, 'guest') ?? '',
  };
}

export function pastEventsOf(query: URLSearchParams): ListEventsRequest {
  return { ...spanOf(query), limit: numberOf(query, 'limit', 5_000, 0), kinds: namesOf(query, 'kinds').map(kindOf) };
}

export function whatIfOf(query: URLSearchParams): WhatIfRequest {
  return { look_back_sec: numberOf(query, 'look_back_sec', 86_400, 0), policies: namesOf(query, 'policies') };
}

/** The guest that the address must name. */
export function guestOf(query: URLSearchParams): string {
  const guest = textOf(query, 'guest');
  if (guest !== undefined && guest !== '') return guest;
  throw invalid('guest is missing', 'Give guest=KEY, as /api/guests has it.');
}

/** `look_back_sec` of the stream: whole seconds, 0 to 86400; 900 when not given. */
export function lookBackOf(query: URLSearchParams): number {
  return numberOf(query, 'look_back_sec', 86_400, 900);
}

function spanOf(query: URLSearchParams): { from_ms: number; to_ms: number } {
  const from_ms = numberOf(query, 'from_ms', LAST_MS, 0);
  const to_ms = numberOf(query, 'to_ms', LAST_MS, 0);
  if (to_ms !== 0 && to_ms < from_ms) throw invalid(`to_ms ${to_ms} is before from_ms ${from_ms}`, 'Swap them.');
  return { from_ms, to_ms };
}

/** Whole and not negative. */
function numberOf(query: URLSearchParams, name: string, max: number, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value <= max) return value;
  throw invalid(`${name} is ${shown(text)}`, `Give a whole number from 0 to ${max}.`);
}

function textOf(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name) ?? undefined;
  if (text === undefined || text.length <= MAX_TEXT) return text;
  throw invalid(`${name} is ${shown(text)}`, `Give at most ${MAX_TEXT} characters.`);
}

/** Separated by commas. */
function namesOf(query: URLSearchParams, name: string): string[] {
  const names = (query.get(name) ?? '').split(',').filter((one) => one !== '');
  if (names.length <= MAX_NAMES && names.every((one) => one.length <= MAX_TEXT)) return names;
  throw invalid(`${name} is too long a list`, `Give at most ${MAX_NAMES} names.`);
}

/** With or without the proto's prefix. */
const KINDS: Readonly<Record<string, EventKind>> = {
  FULL_SCAN: 'EVENT_KIND_FULL_SCAN',
  PROCESS_ENTERED: 'EVENT_KIND_PROCESS_ENTERED',
  PROCESS_LEFT: 'EVENT_KIND_PROCESS_LEFT',
  KNOB_CHANGED: 'EVENT_KIND_KNOB_CHANGED',
  DECISION: 'EVENT_KIND_DECISION',
  PROBE_STATE: 'EVENT_KIND_PROBE_STATE',
  MODE: 'EVENT_KIND_MODE',
  GUEST_POLICY: 'EVENT_KIND_GUEST_POLICY',
  SIDE_CHANNEL: 'EVENT_KIND_SIDE_CHANNEL',
};

function kindOf(text: string): EventKind {
  const name = text.replace(/^EVENT_KIND_/, '');
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind !== undefined) return kind;
  throw invalid(`kinds holds ${shown(text)}`, `Give some of ${Object.keys(KINDS).join(', ')}.`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

function invalid(message: string, hint: string): Refused {
  return new Refused(400, 'REQUEST_INVALID', message, hint);
}
