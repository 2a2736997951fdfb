import { expect, test } from 'vitest';

import { parsePsi, readPsi } from '../../../../src/agent/kernel/psi.js';
import { fixtureTree, temporaryFolder, thrownBy } from '../../../helpers/kernel-tree.js';

test('as captured', () => {
  expect(readPsi('cpu', fixtureTree('6.18'))).toEqual({
    some: { avg10: 16.25, avg60: 20.41, avg300: 9.65, total: 70918244 },
    full: { avg10: 0, avg60: 0, avg300: 0, total: 0 },
  });
  expect(readPsi('memory', fixtureTree('6.18'))?.full?.total).toBe(0);
});

test('cpu has no full line before 5.13', () => {
  expect(Object.keys(readPsi('cpu', fixtureTree('5.10')) ?? {})).toEqual(['some']);
});

test('a kernel without PSI: undefined', () => {
  expect(readPsi('cpu', temporaryFolder())).toBeUndefined();
});

test.each([
  'garbage\n',
  'some avg10=1\n',
  'some avg10=. avg60=0 avg300=0 total=0',
  'some avg10=1 avg60=1 avg300=1 total=-1',
])('malformed: %j', (text) => {
  expect(thrownBy(() => parsePsi(text, '/f'))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});
