/** Model -> protobuf messages: events. Pure. */

import type { EventFrame } from '../../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { EventKind } from '../../../proto/generated/ksmpilot/v1/EventKind.js';
import type { FullScan as ProtoFullScan } from '../../../proto/generated/ksmpilot/v1/FullScan.js';
import type { AgentEvent } from '../model/event.js';
import type { FullScan } from '../model/probe.js';
import { encodeDecision, encodeMode } from './encode-tuner.js';
import { encodeProbe } from './encode.js';

const PROTO_KIND = {
  'full-scan': 'EVENT_KIND_FULL_SCAN',
  entered: 'EVENT_KIND_PROCESS_ENTERED',
  exited: 'EVENT_KIND_PROCESS_LEFT',
  knob: 'EVENT_KIND_KNOB_CHANGED',
  decision: 'EVENT_KIND_DECISION',
  'probe-state': 'EVENT_KIND_PROBE_STATE',
  mode: 'EVENT_KIND_MODE',
  'guest-policy': 'EVENT_KIND_GUEST_POLICY',
  'side-channel': 'EVENT_KIND_SIDE_CHANNEL',
} as const satisfies Record<AgentEvent['kind'], EventKind>;

export function encodeEventKind(kind: AgentEvent['kind']): EventKind {
  return PROTO_KIND[kind];
}

/** undefined: no kind of event. */
export function eventKindOf(kind: EventKind): AgentEvent['kind'] | undefined {
  return (Object.keys(PROTO_KIND) as AgentEvent['kind'][]).find((one) => PROTO_KIND[one] === kind);
}

/**
 * One frame of these events, oldest first.
 *
 * @param dropped Events that this reader has lost so far.
 */
export function encodeEvents([first, ...more]: readonly [AgentEvent, ...AgentEvent[]], dropped: number): EventFrame {
  const frame = encodeEvent(first, dropped);
  return more.length === 0 ? frame : { ...frame, more: more.map(encodeOne) };
}

/** @param dropped Events that this reader has lost so far. */
export function encodeEvent(event: AgentEvent, dropped: number): EventFrame {
  return { dropped, ...encodeOne(event) };
}

/** Without `dropped`: a 64-bit 0 is as dear to encode as any other. */
function encodeOne(event: AgentEvent): EventFrame {
  return {
    seq: event.seq,
    time_ms: event.timeMs,
    kind: PROTO_KIND[event.kind],
    text: event.text,
    ...encodeBody(event),
  };
}

function encodeBody(event: AgentEvent): EventFrame {
  switch (event.kind) {
    case 'full-scan':
      return { full_scan: encodeFullScan(event.scan) };
    case 'entered':
    case 'exited':
      return { process: { pid: event.pid, comm: event.comm } };
    case 'knob':
      return { knob: { ...event.change } };
    case 'decision':
      return { decision: encodeDecision(event.record) };
    case 'probe-state':
      return { probe: encodeProbe(event.probe) };
    case 'mode':
      return { mode: encodeMode(event.mode) };
    case 'guest-policy':
      return { guest_policy: { ...event.step, rule: event.step.rule ?? '' } };
    case 'side-channel':
      return { side_channel: { ...event.step } };
  }
}

function encodeFullScan(scan: FullScan): ProtoFullScan {
  return {
    seq: scan.seq,
    duration_us: Math.round(scan.durationUs),
    cpu_us: Math.round(scan.cpuUs),
    rmap_items: scan.rmapItems,
    merges_new: scan.mergesNew,
    merges_into: scan.mergesInto,
    merges_zero: scan.mergesZero,
    failures: scan.failures,
    removals: scan.removals,
  };
}
