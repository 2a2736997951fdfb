import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { KernelReader, type KernelSample } from '../../../../src/agent/kernel/kernel-reader.js';
import { copiedTree, fixtureTree, KSM, put, type Release, temporaryFolder } from '../../../helpers/kernel-tree.js';

function states(sample: KernelSample): Record<string, string> {
  return Object.fromEntries(sample.sources.map(({ name, state }) => [name, state]));
}

const ALL_OK = { ksm: 'ok', ksmd: 'ok', vmstat: 'ok', meminfo: 'ok', psi_cpu: 'ok', psi_memory: 'ok', processes: 'ok' };

test.each<[Release, Record<string, string>]>([
  ['6.18', ALL_OK],
  ['6.12', ALL_OK],
  ['6.1', ALL_OK],
  ['5.10', { ...ALL_OK, vmstat: 'unavailable', processes: 'unavailable' }],
])('%s: how each source fares', (release, expected) => {
  const sample = new KernelReader({ root: fixtureTree(release) }).readSample({ monoMs: 0 });
  expect(states(sample)).toEqual(expected);
  expect(sample.ksm?.pages_sharing).toBe(4000);
  expect(sample.ksmd).toEqual({ pid: 37, cpuNs: 653413510 });
});

test("a source that fails loses its own fields and no other's", () => {
  const root = copiedTree('6.18');
  rmSync(join(root, 'proc/vmstat'));
  mkdirSync(join(root, 'proc/vmstat'));
  put(root, 'proc/pressure/cpu', 'what?\n');
  const sample = new KernelReader({ root }).readSample({ monoMs: 0 });
  expect(states(sample)).toEqual({ ...ALL_OK, vmstat: 'failed', psi_cpu: 'failed' });
  expect(sample).not.toHaveProperty('vmstat');
  expect(sample).not.toHaveProperty('psiCpu');
  expect(sample.psiMemory?.some?.avg10).toBe(0);
  expect(sample.processes).toHaveLength(2);
  expect(sample.sources.find(({ name }) => name === 'vmstat')?.detail).toMatch(
    /^KSM_FILE_UNREADABLE: .*EISDIR\. ?Hint|EISDIR/,
  );
});

test('KSM in part: the files that read fine are there, the report names the first that did not', () => {
  const root = copiedTree('6.18');
  put(root, `${KSM}/pages_shared`, '?');
  put(root, `${KSM}/full_scans`, '?');
  const sample = new KernelReader({ root }).readSample({ monoMs: 0 });
  expect(sample.ksm).toMatchObject({ pages_sharing: 4000 });
  expect(sample.ksm).not.toHaveProperty('pages_shared');
  expect(sample.sources[0]).toMatchObject({ name: 'ksm', state: 'failed' });
  expect(sample.sources[0]?.detail).toMatch(/pages_shared.*\(and 1 more\)$/);
});

test('an empty host: every source says what is missing, nothing throws', () => {
  const sample = new KernelReader({ root: temporaryFolder() }).readSample({ monoMs: 0 });
  expect(sample.processes).toEqual([]);
  expect(Object.keys(sample).sort()).toEqual(['processes', 'seesOffers', 'sources']);
  expect(sample.seesOffers).toBe(false);
  for (const source of sample.sources) {
    expect(source.state).not.toBe('ok');
    expect(source.detail).toMatch(/\S/);
  }
});

test('durations are of each source, by the clock given', () => {
  let clock = 0;
  const reader = new KernelReader({ root: fixtureTree('6.18'), now: () => (clock += 5) });
  const { sources } = reader.readSample({ monoMs: 0 });
  expect(sources.map(({ durationMs }) => durationMs)).toEqual(sources.map(() => 5));
});
