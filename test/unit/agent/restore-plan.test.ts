import { expect, test } from 'vitest';

import type { Baseline, KnobValues } from '../../../src/agent/model/knobs.js';
import { planRestore, type RestorePlan } from '../../../src/agent/restore-plan.js';

const BOOT = 'this-boot';
const DEFAULTS: KnobValues = {
  run: 0,
  pages_to_scan: 100,
  sleep_millisecs: 20,
  smart_scan: 1,
  use_zero_pages: 0,
  merge_across_nodes: 1,
  max_page_sharing: 256,
  advisor_mode: 'none',
};

/** The plan for knobs that were `before` over the kernel's defaults, of which we wrote some, and which are `now`. */
function plan(options: {
  before?: KnobValues;
  written: KnobValues;
  previous?: KnobValues;
  now?: KnobValues;
}): RestorePlan {
  const knobs = { ...DEFAULTS, ...options.before };
  const { written, previous } = options;
  const baseline: Baseline = { bootId: BOOT, savedAtMs: 0, knobs, written, ...(previous && { previous }) };
  return planRestore(baseline, { ...knobs, ...written, ...options.now }, BOOT);
}

const steps = ({ writes }: RestorePlan): string[] => writes.map(({ knob, from, to }) => `${knob}: ${from} -> ${to}`);

test('every knob that we moved goes back; stopping comes first', () => {
  const result = plan({ written: { run: 1, pages_to_scan: 4000, sleep_millisecs: 10, smart_scan: 0 } });
  expect(steps(result)).toEqual([
    'run: 1 -> 0',
    'pages_to_scan: 4000 -> 100',
    'sleep_millisecs: 10 -> 20',
    'smart_scan: 0 -> 1',
  ]);
  expect(result.left).toEqual([]);
});

test('starting comes last', () => {
  const result = plan({ before: { run: 1 }, written: { run: 0, pages_to_scan: 4000 } });
  expect(steps(result)).toEqual(['pages_to_scan: 4000 -> 100', 'run: 0 -> 1']);
});

test('a knob that we never wrote is not touched nor mentioned, whatever it holds', () => {
  const result = plan({ written: { run: 1 }, now: { sleep_millisecs: 5 } });
  expect(steps(result)).toEqual(['run: 1 -> 0']);
  expect(result.left).toEqual([]);
});

test('a knob that somebody else has set since is left, and said', () => {
  const result = plan({ written: { run: 1, pages_to_scan: 4000 }, now: { pages_to_scan: 1250 } });
  expect(steps(result)).toEqual(['run: 1 -> 0']);
  expect(result.left).toEqual([
    'pages_to_scan: it holds 1250, not the 4000 that ksmpilot wrote last, so somebody else has set it since; ' +
      'it was 100 before ksmpilot.',
  ]);
});

test('a knob that is back already needs nothing', () => {
  expect(plan({ written: { run: 1, pages_to_scan: 4000 }, now: { run: 0, pages_to_scan: 100 } })).toEqual({
    writes: [],
    left: [],
  });
});

test('killed between record and write: the value before is ours too', () => {
  const killed = { written: { pages_to_scan: 4000 }, previous: { pages_to_scan: 700 } };
  expect(steps(plan({ ...killed, now: { pages_to_scan: 700 } }))).toEqual(['pages_to_scan: 700 -> 100']);
  expect(steps(plan({ ...killed, now: { pages_to_scan: 4000 } }))).toEqual(['pages_to_scan: 4000 -> 100']);
  expect(steps(plan({ ...killed, now: { pages_to_scan: 100 } }))).toEqual([]);
  expect(plan({ ...killed, now: { pages_to_scan: 701 } }).left).toHaveLength(1);
});

test('a baseline of run = 2 is restored as 0, and said', () => {
  const result = plan({ before: { run: 2 }, written: { run: 1 } });
  expect(steps(result)).toEqual(['run: 1 -> 0']);
  expect(result.left).toEqual([expect.stringMatching(/^run: it was 2 .*restored as 0/)]);
});

test('a baseline of run = 2 that we never touched is no matter of ours', () => {
  expect(plan({ before: { run: 2 }, written: { sleep_millisecs: 5 } })).toEqual({
    writes: [{ knob: 'sleep_millisecs', from: 5, to: 20 }],
    left: [],
  });
});

test('run = 2 set by somebody else is left', () => {
  const result = plan({ written: { run: 1 }, now: { run: 2 } });
  expect(result.writes).toEqual([]);
  expect(result.left).toEqual([expect.stringMatching(/^run: it holds 2, not the 1/)]);
});

test('another boot: nothing to restore, and said', () => {
  const baseline: Baseline = { bootId: 'earlier', savedAtMs: 0, knobs: DEFAULTS, written: { run: 1 } };
  const result = planRestore(baseline, { ...DEFAULTS, run: 1 }, BOOT);
  expect(result.writes).toEqual([]);
  expect(result.left).toEqual([expect.stringMatching(/earlier boot/)]);
});

test('a knob that cannot be read now is left with its value before', () => {
  const baseline: Baseline = { bootId: BOOT, savedAtMs: 0, knobs: DEFAULTS, written: { run: 1, sleep_millisecs: 5 } };
  const result = planRestore(baseline, { run: 1 }, BOOT);
  expect(steps(result)).toEqual(['run: 1 -> 0']);
  expect(result.left).toEqual(['sleep_millisecs: it cannot be read now; it was 20 before ksmpilot.']);
});

test('a value before that is not known cannot be put back', () => {
  const baseline: Baseline = { bootId: BOOT, savedAtMs: 0, knobs: {}, written: { run: 1 } };
  expect(planRestore(baseline, { run: 1 }, BOOT)).toEqual({
    writes: [],
    left: ['run: its value before ksmpilot is not known.'],
  });
});

test('the advisor that we switched on goes off before pages_to_scan, which it had moved', () => {
  const result = plan({
    before: { pages_to_scan: 300 },
    written: { advisor_mode: 'scan-time' },
    now: { pages_to_scan: 8210 },
  });
  expect(steps(result)).toEqual(['advisor_mode: scan-time -> none', 'pages_to_scan: 100 -> 300']);
});

test('where that leaves pages_to_scan as it was, there is no second write', () => {
  const result = plan({ written: { advisor_mode: 'scan-time', pages_to_scan: 900 }, now: { pages_to_scan: 8210 } });
  expect(steps(result)).toEqual(['advisor_mode: scan-time -> none']);
  expect(result.left).toEqual([]);
});

test('the advisor that we switched off comes back, and pages_to_scan is its own again', () => {
  const result = plan({
    before: { advisor_mode: 'scan-time', pages_to_scan: 8210 },
    written: { advisor_mode: 'none', pages_to_scan: 400, sleep_millisecs: 10 },
  });
  expect(steps(result)).toEqual(['advisor_mode: none -> scan-time', 'sleep_millisecs: 10 -> 20']);
  expect(result.left).toEqual([]);
});

test('an advisor that somebody else switched on is left, and pages_to_scan with it', () => {
  const result = plan({ written: { pages_to_scan: 400 }, now: { advisor_mode: 'scan-time', pages_to_scan: 500 } });
  expect(result.writes).toEqual([]);
  expect(result.left).toEqual([expect.stringMatching(/advisor is on and sets it; it was 100/)]);
});

test('a kernel without advisor has none in the way', () => {
  const baseline: Baseline = {
    bootId: BOOT,
    savedAtMs: 0,
    knobs: { run: 0, pages_to_scan: 100 },
    written: { pages_to_scan: 400 },
  };
  expect(steps(planRestore(baseline, { run: 0, pages_to_scan: 400 }, BOOT))).toEqual(['pages_to_scan: 400 -> 100']);
});
