import { expect, test } from 'vitest';

import { parseVmstat, readVmstat } from '../../../../src/agent/kernel/vmstat.js';
import { fixtureTree, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

test('the lines as captured', () => {
  expect(readVmstat(fixtureTree('6.18'))).toEqual({ cow_ksm: 828, ksm_swpin_copy: 0, pgfault: 10_088_750 });
});

test('a kernel before 5.18 has neither KSM line: absent, not 0', () => {
  expect(readVmstat(fixtureTree('5.10'))).toEqual({ pgfault: 10_088_750 });
});

test('5.18 has one of them', () => {
  expect(parseVmstat('pgfault 1\nksm_swpin_copy 12\n', '/f')).toEqual({ ksm_swpin_copy: 12, pgfault: 1 });
});

test('no file is undefined', () => {
  expect(readVmstat(temporaryFolder())).toBeUndefined();
});

test('a line whose name ends alike is another', () => {
  expect(parseVmstat('not_cow_ksm 5\ncow_ksm_other 6\ncow_ksm 7 \n', '/f')).toEqual({ cow_ksm: 7 });
});

test.each(['cow_ksm\n', 'cow_ksm x\n', 'cow_ksm -1\n'])('malformed: %j', (text) => {
  expect(thrownBy(() => parseVmstat(text, '/proc/vmstat'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});
