import { expect, test } from 'vitest';
import type { ProbeSnapshot } from '../../../../src/agent/model/probe.js';
import { describeAbsence, describeEvidence } from '../../../../src/agent/side-channel/describe.js';
import { testCow } from '../../../helpers/agent-port.js';

const EVIDENCE = { returningPages: 6, returns: 20, sweepShare: 1, periodSec: 2.5, otherPages: 1, accidents: 0.01 };
const NOTHING: ProbeSnapshot = { processes: [], lostEvents: 0, states: [] };

test('the evidence in one sentence', () => {
  expect(describeEvidence(EVIDENCE, 1)).toBe(
    '6 pages were written and merged again with the same content, which no other page of it has and somebody else holds: ' +
      '20 times, about every 2.5 s, up to 100 % of them within one second; 1 other page was broken as often',
  );
  expect(describeEvidence({ ...EVIDENCE, returningPages: 1, periodSec: 61 }, 16)).toMatch(
    /^1 page was \(about 16 in all: one in 16 is looked at\) .* about every 61 s/,
  );
  expect(describeEvidence({ ...EVIDENCE, returningPages: 0 }, 1)).toMatch(/^no page of it came back/);
});

test('why it is off', () => {
  const duty = { open: false, windows: 3, costCores: 0.001 };
  expect(describeAbsence({ ...NOTHING, cow: { ...testCow(), duty } })).toMatch(/in windows.*probes\.exact/);
  const states = [{ name: 'cow', state: 'unavailable', detail: 'NOT_ROOT: bpftrace needs root', restarts: 0 }] as const;
  expect(describeAbsence({ ...NOTHING, states })).toBe(
    'off: COW breaks are not traced: probe cow is unavailable: NOT_ROOT: bpftrace needs root',
  );
  expect(describeAbsence(NOTHING)).toBe('off: there is no probe for COW breaks');
});
