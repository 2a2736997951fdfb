import { expect, test } from 'vitest';

import { findRivals, rivalName } from '../../../../src/agent/kernel/rivals.js';
import { copiedTree, fixtureTree, put } from '../../../helpers/kernel-tree.js';

test.each([
  ['ksmtuned', '/bin/bash\0/usr/sbin/ksmtuned\0', 'ksmtuned'],
  ['bash', '/bin/bash\0/usr/sbin/ksmtuned\0', 'ksmtuned'],
  ['sh', 'sh\0-e\0./ksmtuned.sh\0', 'ksmtuned'],
  ['momd', '/usr/bin/python3\0-s\0/usr/sbin/momd\0-c\0/etc/vdsm/mom.conf\0', 'momd'],
  ['python3.11', '/usr/bin/python3.11\0/usr/sbin/momd\0', 'momd'],
  ['kata-ksm-thrott', '/usr/libexec/kata-ksm-throttler/kata-ksm-throttler\0', 'kata-ksm-throttler'],
  ['uksmd', '/usr/bin/uksmd\0', 'uksmd'],
  ['vim', 'vim\0/usr/sbin/ksmtuned\0', undefined],
  ['grep', 'grep\0ksmtuned\0', undefined],
  ['bash', '/bin/bash\0-c\0cat /usr/sbin/ksmtuned\0', undefined],
  ['bash', '', undefined],
  ['ksmd', '', undefined],
  ['ksmtuned-helper', '', undefined],
])('%s %j: %s', (comm, cmdline, expected) => {
  expect(rivalName(comm, cmdline)).toBe(expected);
});

function addProcess(root: string, pid: number, comm: string, cmdline: string, state = 'S'): void {
  put(root, `proc/${pid}/comm`, `${comm}\n`);
  put(root, `proc/${pid}/cmdline`, cmdline);
  put(root, `proc/${pid}/stat`, `${pid} (${comm}) ${state} 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 999 0 0`);
}

test('none on the captured host', () => {
  expect(findRivals(fixtureTree('6.18'))).toEqual([]);
});

test('one entry a program, with its lowest pid', () => {
  const root = copiedTree('6.18');
  addProcess(root, 700, 'ksmtuned', '/bin/bash\0/usr/sbin/ksmtuned\0');
  addProcess(root, 701, 'ksmtuned', '/bin/bash\0/usr/sbin/ksmtuned\0');
  addProcess(root, 650, 'python3', 'python3\0/usr/sbin/momd\0');
  expect(findRivals(root)).toEqual([
    { name: 'momd', pid: 650 },
    { name: 'ksmtuned', pid: 700 },
  ]);
});

test('a zombie tunes nothing', () => {
  const root = copiedTree('6.18');
  addProcess(root, 700, 'ksmtuned', '', 'Z');
  expect(findRivals(root)).toEqual([]);
});
