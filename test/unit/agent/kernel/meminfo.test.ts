import { expect, test } from 'vitest';

import { parseMeminfo, readMeminfo } from '../../../../src/agent/kernel/meminfo.js';
import { fixtureTree, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

test('as captured', () => {
  expect(readMeminfo(fixtureTree('6.18'))).toEqual({
    MemTotal: 24684084,
    MemFree: 23830424,
    MemAvailable: 24233680,
    SwapTotal: 0,
    SwapFree: 0,
    AnonPages: 56244,
  });
});

test('what is not there stays absent', () => {
  expect(parseMeminfo('MemTotal:   16 kB\nSwapCached:  3 kB\n', '/f')).toEqual({ MemTotal: 16 });
  expect(readMeminfo(temporaryFolder())).toBeUndefined();
});

test.each(['MemTotal: 16\n', 'MemTotal: 16 MB\n', 'MemFree: x kB\n', 'MemFree:\n'])('malformed: %j', (text) => {
  expect(thrownBy(() => parseMeminfo(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});
