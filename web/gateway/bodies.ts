/** The JSON body of a change, read into requests of the proto. Pure; everything throws Refused. */

import type { GuestMerge } from '../../proto/generated/ksmpilot/v1/GuestMerge.js';
import type { Mode } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { SetGuestMergeRequest } from '../../proto/generated/ksmpilot/v1/SetGuestMergeRequest.js';
import type { TunerSettings } from '../../proto/generated/ksmpilot/v1/TunerSettings.js';
import { Refused } from './status.js';

export type Body = Readonly<Record<string, unknown>>;

const MODES: Readonly<Record<string, Mode>> = { observe: 'MODE_OBSERVE', advise: 'MODE_ADVISE', auto: 'MODE_AUTO' };

const MERGES: Readonly<Record<string, GuestMerge>> = {
  on: 'GUEST_MERGE_ON',
  off: 'GUEST_MERGE_OFF',
  restore: 'GUEST_MERGE_RESTORE',
};

type Setting = Exclude<keyof TunerSettings, `_${string}`>;

/** Ranges are for the agent to check; a value of another type would be taken for 0 on the way there. */
const SETTINGS: Readonly<Record<Setting, 'number' | 'boolean'>> = {
  gib_per_core: 'number',
  max_cpu_pct: 'number',
  min_full_scan_sec: 'number',
  max_full_scan_sec: 'number',
  may_start: 'boolean',
  may_stop: 'boolean',
  smart_scan: 'boolean',
};

/** Of `{"mode": "auto"}`. */
export function modeOf({ mode, ...rest }: Body): Mode {
  refuseMore(rest);
  return oneOf(MODES, 'mode', mode);
}

/** Of `{"guest": KEY, "merge": "off", "dry_run": true}`. */
export function mergeOf({ guest, merge, dry_run = false, ...rest }: Body): SetGuestMergeRequest {
  refuseMore(rest);
  if (typeof guest !== 'string' || guest === '' || guest.length > 512) {
    throw invalid(`guest is ${said(guest)}`, 'Give the key of a guest, as /api/guests has it.');
  }
  if (typeof dry_run !== 'boolean') throw invalid(`dry_run is ${said(dry_run)}`, 'Give true or false.');
  return { guest, merge: oneOf(MERGES, 'merge', merge), dry_run };
}

/** Of `{"tuner": {"gib_per_core": 8}}`. */
export function settingsOf({ tuner, ...rest }: Body): TunerSettings {
  refuseMore(rest);
  if (typeof tuner !== 'object' || tuner === null || Array.isArray(tuner)) {
    throw invalid(`tuner is ${said(tuner)}`, 'Send {"tuner": {"gib_per_core": 8}}.');
  }
  for (const [key, value] of Object.entries(tuner)) {
    const type = Object.hasOwn(SETTINGS, key) ? SETTINGS[key as Setting] : undefined;
    if (type === undefined) {
      throw invalid(`unknown setting ${JSON.stringify(key)}`, `Settings are ${Object.keys(SETTINGS).join(', ')}.`);
    }
    if (typeof value !== type) throw invalid(`tuner.${key} is ${said(value)}`, `Give a ${type}.`);
  }
  return { ...tuner };
}

/** Of a call that takes nothing. */
export function nothingOf(body: Body): void {
  refuseMore(body);
}

/** Of `{"token": TOKEN}`. */
export function tokenOf({ token, ...rest }: Body): string {
  refuseMore(rest);
  if (typeof token === 'string' && /^[\x21-\x7e]{1,512}$/.test(token)) return token;
  throw invalid('token is missing or cannot be one', 'Send {"token": TOKEN}; `ksmpilot run` prints the token.');
}

function oneOf<T>(table: Readonly<Record<string, T>>, key: string, value: unknown): T {
  const known = typeof value === 'string' && Object.hasOwn(table, value) ? table[value] : undefined;
  if (known !== undefined) return known;
  throw invalid(`${key} is ${said(value)}`, `Give one of ${Object.keys(table).join(', ')}.`);
}

/** Keys that nobody reads are a mistake. */
function refuseMore(rest: Body): void {
  const [key] = Object.keys(rest);
  if (key !== undefined) throw invalid(`unknown key ${JSON.stringify(key)} in the request`, 'Leave it out.');
}

function said(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);
}

function invalid(message: string, hint: string): Refused {
  return new Refused(400, 'REQUEST_INVALID', message, hint);
}
