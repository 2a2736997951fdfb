import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { listKsmFiles, readKsmFile, readKsmSysfs } from '../../../../src/agent/kernel/ksm-sysfs.js';
import {
  copiedTree,
  fixtureTree,
  KSM,
  put,
  type Release,
  temporaryFolder,
  thrownBy,
  withoutRoot,
} from '../../../helpers/kernel-tree.js';

test('6.18: every file, as captured', () => {
  expect(readKsmSysfs(fixtureTree('6.18'))).toEqual({
    values: {
      run: 1,
      pages_to_scan: 2000,
      sleep_millisecs: 10,
      merge_across_nodes: 1,
      use_zero_pages: 0,
      max_page_sharing: 256,
      stable_node_chains_prune_millisecs: 2000,
      smart_scan: 1,
      advisor_mode: 'none',
      advisor_max_cpu: 70,
      advisor_min_pages_to_scan: 500,
      advisor_max_pages_to_scan: 30000,
      advisor_target_scan_time: 200,
      pages_shared: 4000,
      pages_sharing: 4000,
      pages_unshared: 0,
      pages_volatile: 1000,
      pages_scanned: 1095760,
      pages_skipped: 114390,
      full_scans: 1146,
      ksm_zero_pages: 0,
      stable_node_chains: 0,
      stable_node_dups: 0,
      general_profit: 15808000,
    },
    failures: [],
  });
});

test.each<Release>(['6.18', '6.12', '6.1', '5.10'])(
  '%s: a field for each file that exists, and no other',
  (release) => {
    const files = readdirSync(join(fixtureTree(release), KSM)).sort();
    const reading = readKsmSysfs(fixtureTree(release));
    expect(Object.keys(reading?.values ?? {}).sort()).toEqual(files);
    expect(listKsmFiles(fixtureTree(release))).toEqual(files);
  },
);

test('before 6.4 there is no profit, and it is absent, not 0', () => {
  const values = readKsmSysfs(fixtureTree('6.1'))?.values;
  expect(values).not.toHaveProperty('general_profit');
  expect(values).not.toHaveProperty('ksm_zero_pages');
});

test('no KSM at all is undefined', () => {
  expect(readKsmSysfs(temporaryFolder())).toBeUndefined();
  expect(listKsmFiles(temporaryFolder())).toBeUndefined();
});

test('a negative profit stays negative', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/general_profit`, '-3276800\n');
  expect(readKsmSysfs(root)?.values.general_profit).toBe(-3276800);
});

test('a file that is malformed, refused or no file costs itself only', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/pages_sharing`, 'many\n');
  put(root, `${KSM}/advisor_mode`, 'none scan-time\n');
  rmSync(join(root, KSM, 'full_scans'));
  mkdirSync(join(root, KSM, 'full_scans'));
  chmodSync(join(root, KSM, 'pages_shared'), 0);
  const reading = withoutRoot(() => readKsmSysfs(root));
  expect(reading?.failures.map(({ code, message }) => [code, message.replace(root, '')]).sort()).toEqual(
    [
      [
        'KSM_FILE_MALFORMED',
        `/${KSM}/advisor_mode holds "none scan-time\\n", expected words with the selected one in brackets`,
      ],
      ['KSM_FILE_MALFORMED', `/${KSM}/pages_sharing holds "many\\n", expected a whole number`],
      ['KSM_FILE_UNREADABLE', `reading /${KSM}/full_scans failed with EISDIR`],
      ['KSM_FILE_UNREADABLE', `reading /${KSM}/pages_shared failed with EACCES`],
    ].map(([code, message]) => [code, message]),
  );
  expect(reading?.values).toMatchObject({ run: 1, pages_scanned: 1095760 });
  expect(Object.keys(reading?.values ?? {})).toHaveLength(20);
});

test("a distribution's extra file is listed and does not disturb", () => {
  const root = copiedTree('5.10');
  put(root, `${KSM}/redhat_only_zero_pages`, '1\n');
  expect(listKsmFiles(root)).toContain('redhat_only_zero_pages');
  expect(readKsmSysfs(root)?.failures).toEqual([]);
});

test('one file by name', () => {
  expect(readKsmFile('advisor_mode', fixtureTree('6.18'))).toBe('none');
  expect(readKsmFile('advisor_mode', fixtureTree('6.1'))).toBeUndefined();
  const root = copiedTree('6.18');
  put(root, `${KSM}/run`, '');
  expect(thrownBy(() => readKsmFile('run', root))).toMatchObject({ code: 'KSM_FILE_MALFORMED' });
});
