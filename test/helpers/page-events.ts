/** Decisions and events as the page gets them, for unit tests. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { FullScan__Output } from '../../proto/generated/ksmpilot/v1/FullScan.js';

/** One that changes nothing, `id` seconds after the epoch. */
export function decision(id: number, extra: Partial<Decision__Output> = {}): Decision__Output {
  return {
    id,
    time_ms: id * 1_000,
    phase: 'hold',
    reason: `reason ${id}`,
    changes: [],
    written: false,
    estimates: [],
    expectation: null,
    outcome: null,
    ...extra,
  };
}

/** One `seq` seconds after the epoch. */
export function event(
  seq: number,
  kind: EventFrame__Output['kind'],
  extra: Partial<EventFrame__Output> = {},
): EventFrame__Output {
  return {
    dropped: 0,
    seq,
    time_ms: seq * 1_000,
    kind,
    text: `event ${seq}`,
    full_scan: null,
    process: null,
    knob: null,
    decision: null,
    probe: null,
    mode: 'MODE_UNSPECIFIED',
    guest_policy: null,
    side_channel: null,
    more: [],
    ...extra,
  };
}

export function fullScan(seq: number, merges: number, extra: Partial<FullScan__Output> = {}): FullScan__Output {
  return {
    seq,
    duration_us: 500_000,
    cpu_us: 10_000,
    rmap_items: 90,
    merges_new: 0,
    merges_into: merges,
    merges_zero: 0,
    failures: 0,
    removals: 0,
    ...extra,
  };
}

export const CHANGE = [{ knob: 'pages_to_scan', from: '100', to: '500' }];
