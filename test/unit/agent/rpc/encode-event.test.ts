import { expect, test } from 'vitest';
import type { AgentEventBody } from '../../../../src/agent/model/event.js';
import { encodeEvent, encodeEventKind } from '../../../../src/agent/rpc/encode-event.js';
import { testDecision } from '../../../helpers/agent-port.js';

const scan = {
  seq: 9,
  durationUs: 1000.4,
  cpuUs: 900.6,
  rmapItems: 3,
  mergesNew: 1,
  mergesInto: 2,
  mergesZero: 0,
  failures: 0,
  removals: 4,
};

const CASES: [AgentEventBody, string, string, object | string][] = [
  [
    { kind: 'full-scan', scan },
    'EVENT_KIND_FULL_SCAN',
    'full_scan',
    {
      seq: 9,
      duration_us: 1000,
      cpu_us: 901,
      rmap_items: 3,
      merges_new: 1,
      merges_into: 2,
      merges_zero: 0,
      failures: 0,
      removals: 4,
    },
  ],
  [{ kind: 'entered', pid: 5, comm: 'qemu' }, 'EVENT_KIND_PROCESS_ENTERED', 'process', { pid: 5, comm: 'qemu' }],
  [{ kind: 'exited', pid: 5, comm: 'qemu' }, 'EVENT_KIND_PROCESS_LEFT', 'process', { pid: 5, comm: 'qemu' }],
  [
    { kind: 'knob', change: { knob: 'run', from: '0', to: '1', by: 'somebody else' } },
    'EVENT_KIND_KNOB_CHANGED',
    'knob',
    { knob: 'run', from: '0', to: '1', by: 'somebody else' },
  ],
  [
    { kind: 'probe-state', probe: { name: 'cow', state: 'running', detail: '', startupMs: 700, restarts: 0 } },
    'EVENT_KIND_PROBE_STATE',
    'probe',
    { name: 'cow', state: 'running', detail: '', startup_ms: 700, restarts: 0 },
  ],
  [{ kind: 'mode', mode: 'advise' }, 'EVENT_KIND_MODE', 'mode', 'MODE_ADVISE'],
  [
    { kind: 'guest-policy', step: { key: 'k', name: 'web', what: 'restored', rule: undefined, reason: 'Because.' } },
    'EVENT_KIND_GUEST_POLICY',
    'guest_policy',
    { key: 'k', name: 'web', what: 'restored', rule: '', reason: 'Because.' },
  ],
  [
    { kind: 'side-channel', step: { key: 'k', name: 'web', what: 'suspicious', score: 0.75, text: 'Because.' } },
    'EVENT_KIND_SIDE_CHANNEL',
    'side_channel',
    { key: 'k', name: 'web', what: 'suspicious', score: 0.75, text: 'Because.' },
  ],
];

test.each(CASES)('%o', (body, kind, field, value) => {
  const frame = encodeEvent({ ...body, seq: 3, timeMs: 8, text: 'What happened.' }, 2);
  expect(frame).toEqual({ dropped: 2, seq: 3, time_ms: 8, kind, text: 'What happened.', [field]: value });
  expect(encodeEventKind(body.kind)).toBe(kind);
});

test('a decision', () => {
  const frame = encodeEvent({ kind: 'decision', record: testDecision(6), seq: 0, timeMs: 0, text: '' }, 0);
  expect(frame).toMatchObject({ kind: 'EVENT_KIND_DECISION', decision: { id: 6, phase: 'track', written: true } });
});
