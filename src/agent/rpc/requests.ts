/** Requests checked field by field; a wrong one is REQUEST_INVALID with the field's name. Pure. */

import type { EventKind } from '../../../proto/generated/ksmpilot/v1/EventKind.js';
import type { GetTunerRequest__Output } from '../../../proto/generated/ksmpilot/v1/GetTunerRequest.js';
import type { SetModeRequest__Output } from '../../../proto/generated/ksmpilot/v1/SetModeRequest.js';
import type { StreamEventsRequest__Output } from '../../../proto/generated/ksmpilot/v1/StreamEventsRequest.js';
import type { UpdateSettingsRequest__Output } from '../../../proto/generated/ksmpilot/v1/UpdateSettingsRequest.js';
import { SETTING_RANGES } from '../../tuner/settings.js';
import type { Mode, TunerSettings } from '../../tuner/types.js';
import { KsmpilotError } from '../errors.js';

/** A day: the longest history that the agent's settings allow. */
const MAX_LOOK_BACK_SEC = 86_400;
/** As many events as wait for a reader at most. */
const MAX_BATCH = 1024;
const MAX_DECISIONS = 1000;
const DEFAULT_DECISIONS = 20;

function invalid(field: string, message: string): KsmpilotError {
  return new KsmpilotError('REQUEST_INVALID', `${field} ${message}`, {
    hint: 'proto/ksmpilot/v1/ksmpilot.proto says what each field may hold.',
  });
}

export function readMode(request: SetModeRequest__Output): Mode {
  switch (request.mode) {
    case 'MODE_OBSERVE':
      return 'observe';
    case 'MODE_ADVISE':
      return 'advise';
    case 'MODE_AUTO':
      return 'auto';
    default:
      throw invalid('mode', `must be MODE_OBSERVE, MODE_ADVISE or MODE_AUTO, not ${request.mode}.`);
  }
}

/** @returns Milliseconds to look back; 0: none. */
export function readLookBackMs(request: { readonly look_back_sec: number }): number {
  const seconds = request.look_back_sec;
  if (seconds > MAX_LOOK_BACK_SEC) {
    throw invalid('look_back_sec', `must be 0 to ${MAX_LOOK_BACK_SEC}, not ${seconds}.`);
  }
  return seconds * 1000;
}

export function readDecisions(request: GetTunerRequest__Output): number {
  const { decisions } = request;
  if (decisions > MAX_DECISIONS) throw invalid('decisions', `must be 0 to ${MAX_DECISIONS}, not ${decisions}.`);
  return decisions === 0 ? DEFAULT_DECISIONS : decisions;
}

/** @returns Most events of one frame. */
export function readMaxBatch({ max_batch }: StreamEventsRequest__Output): number {
  if (max_batch > MAX_BATCH) throw invalid('max_batch', `must be 0 to ${MAX_BATCH}, not ${max_batch}.`);
  return Math.max(1, max_batch);
}

/** @returns The kinds asked for; undefined: all. */
export function readKinds(request: StreamEventsRequest__Output): ReadonlySet<EventKind> | undefined {
  for (const kind of request.kinds) {
    // An enum number that this proto does not know arrives as a number.
    if (typeof kind !== 'string' || kind === 'EVENT_KIND_UNSPECIFIED') {
      throw invalid('kinds', `must hold known event kinds only, not ${kind}.`);
    }
  }
  return request.kinds.length === 0 ? undefined : new Set(request.kinds);
}

/** The numbers of the proto's message TunerSettings, and the settings that they are; src/tuner keeps their ranges. */
const NUMBERS = {
  gib_per_core: 'gibPerCore',
  max_cpu_pct: 'maxCpuPct',
  min_full_scan_sec: 'minFullScanSec',
  max_full_scan_sec: 'maxFullScanSec',
} as const;

/** Only the fields that were sent. Whether they fit those in force is for the agent to say. */
export function readTunerSettings(request: UpdateSettingsRequest__Output): Partial<TunerSettings> {
  const { tuner } = request;
  if (tuner === null) throw invalid('tuner', 'must be set.');
  const change: { -readonly [K in keyof TunerSettings]?: TunerSettings[K] } = {};
  for (const field of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value = tuner[field];
    if (value === undefined) continue;
    const key = NUMBERS[field];
    const { min, max } = SETTING_RANGES[key];
    // `!(...)`: NaN is out of every range.
    if (!(value >= min && value <= max)) {
      throw invalid(`tuner.${field}`, `must be ${min} to ${max}, not ${value}.`);
    }
    change[key] = value;
  }
  if (tuner.may_start !== undefined) change.mayStart = tuner.may_start;
  if (tuner.may_stop !== undefined) change.mayStop = tuner.may_stop;
  if (tuner.smart_scan !== undefined) change.smartScan = tuner.smart_scan;
  if (Object.keys(change).length === 0) throw invalid('tuner', 'must name at least one setting.');
  return change;
}
