import { expect, test } from 'vitest';
import {
  encodeDecision,
  encodeRestoreReport,
  encodeSettings,
  encodeStatus,
  encodeTuner,
} from '../../../../src/agent/rpc/encode-tuner.js';
import { testDecision, TestAgent, testPoint } from '../../../helpers/agent-port.js';

test('a decision with estimates, expectation and outcome', () => {
  const record = testDecision(4, {
    monoMs: 5000,
    phase: 'burst',
    changes: [{ knob: 'pages_to_scan', from: 100, to: 2500 }],
    estimates: [
      { name: 'cost', value: 2.5, plusMinus: null, unit: 'us/page' },
      { name: 'arrivals', value: null, plusMinus: null, unit: 'pages/s' },
    ],
    expectation: { ksmdCpuPct: 50, fullScanSec: null, savedBytes: 4096, byMonoMs: 35_000 },
    outcome: { ofDecision: 3, held: false, text: 'Expected 5 %, saw 9 %.' },
  });
  expect(encodeDecision(record)).toEqual({
    id: 4,
    time_ms: 1_700_000_004_000,
    phase: 'burst',
    reason: 'Reason of decision 4.',
    changes: [{ knob: 'pages_to_scan', from: '100', to: '2500' }],
    written: true,
    estimates: [
      { name: 'cost', value: 2.5, plus_minus: undefined, unit: 'us/page' },
      { name: 'arrivals', value: undefined, plus_minus: undefined, unit: 'pages/s' },
    ],
    // The tuner's clock said 5 s when it was this date: 30 s later.
    expectation: { ksmd_cpu_pct: 50, full_scan_sec: undefined, saved_bytes: 4096, by_time_ms: 1_700_000_034_000 },
    outcome: { of_decision: 3, held: false, text: 'Expected 5 %, saw 9 %.' },
  });
});

test('status before the first sample, before any write, without a decision', () => {
  expect(encodeStatus(new TestAgent())).toEqual({
    mode: 'MODE_OBSERVE',
    sample: null,
    baseline: null,
    probes: [],
    paused: false,
    decision: null,
  });
});

test('status and tuner tell the newest decision and the baseline', () => {
  const agent = new TestAgent();
  agent.currentMode = 'auto';
  agent.recorded = [testDecision(1), testDecision(2)];
  agent.savedBaseline = { bootId: 'b', savedAtMs: 1, knobs: { run: 0 }, written: { run: 1 } };
  agent.addPoint(testPoint(3, { savedBytes: 9 }));
  expect(encodeStatus(agent)).toMatchObject({
    mode: 'MODE_AUTO',
    sample: { seq: 3, saved_bytes: 9 },
    baseline: { run: 0 },
    decision: { id: 2 },
  });
  agent.currentMode = 'observe';
  expect(encodeStatus(agent).decision).toBeNull();
  expect(encodeTuner(agent, 1).decisions).toHaveLength(1);
  expect(encodeTuner(agent, 5)).toMatchObject({ decisions: [{ id: 1 }, { id: 2 }], baseline: { run: 0 } });
});

test('the tuner tells how often it decided what, also where it never did', () => {
  const agent = new TestAgent();
  const outcome = { ofDecision: 1, held: true, text: 'So it was.' };
  agent.recorded = [testDecision(1, { changes: [{ knob: 'run', from: 0, to: 1 }] }), testDecision(2, { outcome })];
  const { phases, expectations_held, expectations_missed } = encodeTuner(agent, 1);
  expect(phases).toContainEqual({ phase: 'track', decisions: 2, written: 1 });
  expect(phases).toContainEqual({ phase: 'hands-off', decisions: 0, written: 0 });
  expect(phases).toHaveLength(8);
  expect([expectations_held, expectations_missed]).toEqual([1, 0]);
});

test('settings and a restore report', () => {
  expect(encodeSettings(new TestAgent())).toEqual({
    tuner: {
      gib_per_core: 8,
      max_cpu_pct: 50,
      min_full_scan_sec: 2,
      max_full_scan_sec: 600,
      may_start: true,
      may_stop: true,
      smart_scan: true,
    },
    config_json: '{"mode":"observe"}',
  });
  const report = { restored: [{ knob: 'run', from: '1', to: '0' }], left: ['sleep_millisecs: somebody moved it.'] };
  expect(encodeRestoreReport(report)).toEqual({ ...report, failed: [] });
});
