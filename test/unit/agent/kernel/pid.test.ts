import { expect, test } from 'vitest';

import { hasKsm, listPids, parseKsmStat, parsePidStat, parseStatmAnon } from '../../../../src/agent/kernel/pid.js';
import { fixtureTree, thrownBy } from '../../../helpers/kernel-tree.js';

const KSMD =
  '37 (ksmd) S 2 0 0 0 -1 2097216 0 0 0 0 25 5 0 0 25 5 1 0 27 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 1';

test('pids ascend, and nothing else of /proc is one', () => {
  expect(listPids(`${fixtureTree('6.18')}/proc`)).toEqual([1, 2, 37, 22705, 22706]);
});

test('stat of a kernel thread', () => {
  expect(parsePidStat(KSMD, '/f')).toEqual({ comm: 'ksmd', state: 'S', ppid: 2, kernelThread: true, startTicks: 27 });
});

test('a name with blanks and parentheses', () => {
  const stat = parsePidStat(KSMD.replace('(ksmd)', '(a) S 1 (b))').replace('2097216', '4194304'), '/f');
  expect(stat).toMatchObject({ comm: 'a) S 1 (b)', state: 'S', ppid: 2, kernelThread: false });
});

test.each(['', '37', '37 (ksmd)', '37 (ksmd) S 2', KSMD.replace(' 27 ', ' x ')])('malformed stat: %j', (text) => {
  expect(thrownBy(() => parsePidStat(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test('anonymous pages: resident minus shared, never below 0', () => {
  expect(parseStatmAnon('9154 8389 1662 1 0 7024 0\n', '/f')).toBe(6727);
  expect(parseStatmAnon('10 3 4 0 0 0 0\n', '/f')).toBe(0);
  expect(thrownBy(() => parseStatmAnon('10\n', '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test('ksm_stat with both styles of key', () => {
  const text =
    'ksm_rmap_items 5000\nksm_zero_pages 3\nksm_merging_pages 4000 \nksm_process_profit -320000\n' +
    'ksm_merge_any: no\nksm_mergeable: yes\nksm_of_the_future: 12 parsecs\n';
  expect(parseKsmStat(text, '/f')).toEqual({
    ksm_rmap_items: 5000,
    ksm_zero_pages: 3,
    ksm_merging_pages: 4000,
    ksm_process_profit: -320000,
    ksm_merge_any: false,
    ksm_mergeable: true,
  });
});

test('ksm_stat of 6.1 has one line', () => {
  expect(parseKsmStat('ksm_rmap_items 7\n', '/f')).toEqual({ ksm_rmap_items: 7 });
});

test.each([
  'ksm_rmap_items\n',
  'ksm_rmap_items -1\n',
  'ksm_process_profit x\n',
  'ksm_mergeable: maybe\n',
  'ksm_merge_any:\n',
])('malformed ksm_stat: %j', (text) => {
  expect(thrownBy(() => parseKsmStat(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});

test.each([
  [{}, false],
  [{ ksm_merging_pages: 0, ksm_rmap_items: 0, ksm_zero_pages: 0, ksm_mergeable: false, ksm_merge_any: false }, false],
  [{ ksm_merging_pages: 1 }, true],
  [{ ksm_rmap_items: 1 }, true],
  [{ ksm_zero_pages: 1 }, true],
  [{ ksm_mergeable: true }, true],
  [{ ksm_merge_any: true }, true],
  [{ ksm_process_profit: -64 }, false],
])('has KSM: %j is %s', (stat, expected) => {
  expect(hasKsm(stat)).toBe(expected);
});
