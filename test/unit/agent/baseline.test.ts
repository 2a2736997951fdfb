import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { BaselineStore, restoreBaseline } from '../../../src/agent/baseline.js';
import { KsmpilotError } from '../../../src/agent/errors.js';
import type { Baseline } from '../../../src/agent/model/knobs.js';
import { temporaryFolder, thrownBy } from '../../helpers/kernel-tree.js';
import { KnobModel } from '../../helpers/knob-model.js';

const KNOBS = { run: 0, pages_to_scan: 100, sleep_millisecs: 20, advisor_mode: 'none' };
const BASELINE: Baseline = {
  bootId: 'boot',
  savedAtMs: 1_790_000_000_000,
  knobs: KNOBS,
  written: { run: 1, pages_to_scan: 4000 },
};

function savedStore(baseline: Baseline = BASELINE): BaselineStore {
  const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: 'boot' });
  store.save(baseline);
  return store;
}

test('what was saved is loaded, and only the owner can read it', () => {
  const store = savedStore({ ...BASELINE, previous: { run: 0 } });
  expect(store.load()).toEqual({ ...BASELINE, previous: { run: 0 } });
  expect(statSync(store.path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(store.path, '..'))).toEqual(['baseline.json']);
});

test('none is undefined, before the first save and after removal', () => {
  const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: 'boot' });
  expect(store.load()).toBeUndefined();
  store.save(BASELINE);
  store.remove();
  expect(store.load()).toBeUndefined();
});

test.each([
  ['', 'not JSON'],
  ['{"bootId": "boot", "kno', 'not JSON'],
  ['null', 'expected object'],
  ['{}', 'bootId'],
  [JSON.stringify({ ...BASELINE, knobs: { ...KNOBS, run: '0' } }), 'knobs.run'],
  [JSON.stringify({ ...BASELINE, knobs: { ...KNOBS, run: -1 } }), 'knobs.run'],
  [JSON.stringify({ ...BASELINE, written: { advisor_mode: 'none; rm' } }), 'written.advisor_mode'],
  [JSON.stringify({ ...BASELINE, knobs: { ...KNOBS, knob_of_the_future: 1 } }), 'knob_of_the_future'],
])('corrupt: %j', (text, why) => {
  const store = savedStore();
  writeFileSync(store.path, text);
  const knobs = new KnobModel({ ...KNOBS, run: 1, pages_to_scan: 4000 });
  const error = thrownBy(() => restoreBaseline(store, knobs));
  expect(error).toMatchObject({ code: 'BASELINE_UNREADABLE', hint: expect.stringContaining('by hand') as string });
  expect((error as Error).message).toContain(store.path);
  expect((error as Error).message).toContain(why);
  expect(knobs.log).toEqual([]);
  expect(existsSync(store.path)).toBe(true);
});

test('a folder in place of the file', () => {
  const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: 'boot' });
  mkdirSync(store.path);
  expect(thrownBy(() => store.load())).toMatchObject({ code: 'BASELINE_UNREADABLE' });
});

test('a state directory that has gone: not saved, and said', () => {
  const store = new BaselineStore({ stateDir: join(temporaryFolder(), 'gone'), bootId: 'boot' });
  expect(thrownBy(() => store.save(BASELINE))).toMatchObject({ code: 'BASELINE_NOT_SAVED' });
});

test('restore puts all back, reports each, and removes the file', () => {
  const store = savedStore();
  const knobs = new KnobModel({ ...KNOBS, run: 1, pages_to_scan: 4000 });
  expect(restoreBaseline(store, knobs)).toEqual({
    restored: [
      { knob: 'run', from: '1', to: '0' },
      { knob: 'pages_to_scan', from: '4000', to: '100' },
    ],
    left: [],
    failed: [],
  });
  expect(knobs.values).toEqual(KNOBS);
  expect(store.load()).toBeUndefined();
});

test('without a baseline nothing is done', () => {
  const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: 'boot' });
  const knobs = new KnobModel({ ...KNOBS, run: 1 });
  expect(restoreBaseline(store, knobs)).toEqual({ restored: [], left: [], failed: [] });
  expect(knobs.log).toEqual([]);
});

test('a baseline of another boot: said, removed, nothing read or written', () => {
  const store = savedStore({ ...BASELINE, bootId: 'earlier' });
  const knobs = new KnobModel({});
  const report = restoreBaseline(store, knobs);
  expect(report).toEqual({ restored: [], left: [expect.stringContaining('earlier boot')], failed: [] });
  expect(store.load()).toBeUndefined();
});

test('one knob that fails does not keep the others; the file stays, and a second try goes on', () => {
  const store = savedStore({ ...BASELINE, written: { ...BASELINE.written, sleep_millisecs: 5 } });
  const knobs = new KnobModel({ ...KNOBS, run: 1, pages_to_scan: 4000, sleep_millisecs: 5 });
  knobs.refuse.set('run', new KsmpilotError('KSM_KNOB_REFUSED', 'writing 0 to run failed with EPERM'));
  const first = restoreBaseline(store, knobs);
  expect(first.restored.map(({ knob }) => knob)).toEqual(['pages_to_scan', 'sleep_millisecs']);
  expect(first.failed).toEqual(['run']);
  expect(first.left).toEqual(['run: KSM_KNOB_REFUSED: writing 0 to run failed with EPERM']);
  expect(store.load()).toBeDefined();

  knobs.refuse.clear();
  expect(restoreBaseline(store, knobs)).toEqual({
    restored: [{ knob: 'run', from: '1', to: '0' }],
    left: [],
    failed: [],
  });
  expect(knobs.values).toEqual(KNOBS);
  expect(store.load()).toBeUndefined();
});

test('a knob that cannot be read keeps the file as well', () => {
  const store = savedStore();
  const knobs = new KnobModel({ ...KNOBS, run: 1, pages_to_scan: 4000 });
  const read = knobs.read.bind(knobs);
  knobs.read = (knob) => {
    if (knob === 'pages_to_scan') throw new KsmpilotError('KSM_FILE_MALFORMED', 'pages_to_scan holds "?"');
    return read(knob);
  };
  const report = restoreBaseline(store, knobs);
  expect(report.restored).toEqual([{ knob: 'run', from: '1', to: '0' }]);
  expect(report.failed).toEqual(['pages_to_scan']);
  expect(store.load()).toBeDefined();
});

test('a file that cannot be removed is said', () => {
  const store = savedStore();
  const knobs = new KnobModel({ ...KNOBS, run: 1, pages_to_scan: 4000 });
  knobs.afterWrite = () => {
    rmSync(join(store.path, '..'), { recursive: true, force: true });
  };
  const report = restoreBaseline(store, knobs);
  expect(report.restored).toHaveLength(2);
  expect(report.left).toEqual([expect.stringContaining('BASELINE_NOT_SAVED')]);
});

test('knobs that were written and are gone now: the baseline stays for when they are back', () => {
  const store = savedStore();
  const knobs = new KnobModel({ run: 1 });
  expect(restoreBaseline(store, knobs)).toMatchObject({
    restored: [{ knob: 'run', from: '1', to: '0' }],
    failed: ['pages_to_scan'],
  });
  expect(store.load()).toEqual(BASELINE);
  const back = new KnobModel({ ...KNOBS, pages_to_scan: 4000 });
  expect(restoreBaseline(store, back)).toMatchObject({ restored: [{ knob: 'pages_to_scan', to: '100' }], failed: [] });
  expect(existsSync(store.path)).toBe(false);
});
