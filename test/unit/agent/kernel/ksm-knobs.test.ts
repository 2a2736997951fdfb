import { expect, test } from 'vitest';

import { checkKnobValue, knobsOf, readIfThere, readKnobs } from '../../../../src/agent/kernel/ksm-knobs.js';
import { KsmWriter } from '../../../../src/agent/kernel/ksm-writer.js';
import { copiedTree, fixtureTree, KSM, put, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

test.each<[string, number | string]>([
  ['run', 0],
  ['run', 1],
  ['pages_to_scan', 4294967295],
  ['sleep_millisecs', 0],
  ['advisor_mode', 'scan-time'],
])('%s may be given %j', (knob, value) => {
  expect(checkKnobValue(knob, value)).toBe(knob);
});

test('run = 2 is refused by a code of its own, with what it would do', () => {
  expect(thrownBy(() => checkKnobValue('run', 2))).toMatchObject({
    code: 'KSM_UNMERGE_REFUSED',
    message: '2 (unmerge everything) is never written to run as a knob',
    hint: expect.stringContaining('runs out') as string,
  });
});

test.each<[string, number | string]>([
  ['pages_to_scan', -1],
  ['pages_to_scan', 1.5],
  ['pages_to_scan', NaN],
  ['pages_to_scan', Infinity],
  ['pages_to_scan', '100'],
  ['run', '2'],
  ['advisor_mode', 1],
  ['advisor_mode', 'none\n1'],
  ['advisor_mode', ''],
])('%s may not be given %j', (knob, value) => {
  expect(thrownBy(() => checkKnobValue(knob, value))).toMatchObject({ code: 'KSM_KNOB_REFUSED' });
});

test.each(['pages_shared', '../../../../etc/passwd', '', 'toString', '__proto__'])('%j is no knob', (knob) => {
  expect(thrownBy(() => checkKnobValue(knob, 1))).toMatchObject({ code: 'KSM_KNOB_ABSENT' });
});

test('all knobs of a kernel; one that it does not have is absent', () => {
  expect(readKnobs(new KsmWriter({ root: fixtureTree('5.10') }))).toEqual({
    run: 1,
    pages_to_scan: 2000,
    sleep_millisecs: 10,
    use_zero_pages: 0,
    merge_across_nodes: 1,
    max_page_sharing: 256,
  });
  expect(readKnobs(new KsmWriter({ root: fixtureTree('6.18') }))).toMatchObject({
    advisor_mode: 'none',
    smart_scan: 1,
  });
});

test('a knob that cannot be read fails the whole', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/smart_scan`, 'yes\n');
  expect(thrownBy(() => readKnobs(new KsmWriter({ root })))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test('no KSM has a code of its own', () => {
  const writer = new KsmWriter({ root: temporaryFolder() });
  expect(thrownBy(() => readKnobs(writer))).toMatchObject({ code: 'KSM_ABSENT' });
  expect(readIfThere(writer, 'run')).toBeUndefined();
});

test('knobsOf takes the knobs, leaves the counters, and makes up none', () => {
  const read = { run: 1, pages_to_scan: 100, pages_sharing: 5, advisor_mode: 'none' };
  expect(knobsOf(read)).toEqual({ run: 1, pages_to_scan: 100, advisor_mode: 'none' });
});
