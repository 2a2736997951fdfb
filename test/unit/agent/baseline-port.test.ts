import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { BaselineStore, restoreBaseline } from '../../../src/agent/baseline.js';
import { BaselineKnobPort } from '../../../src/agent/baseline-port.js';
import { KsmpilotError } from '../../../src/agent/errors.js';
import type { Baseline } from '../../../src/agent/model/knobs.js';
import { temporaryFolder, thrownBy } from '../../helpers/kernel-tree.js';
import { KnobModel } from '../../helpers/knob-model.js';

const KNOBS = { run: 0, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1, advisor_mode: 'none' };

function fixture(knobs: Record<string, number | string> = KNOBS) {
  const model = new KnobModel(knobs);
  const store = new BaselineStore({ stateDir: temporaryFolder(), bootId: 'boot' });
  const port = new BaselineKnobPort({ port: model, store, now: () => 1000 });
  return { model, store, port };
}

test('nothing is saved before the first write; then all knobs are', () => {
  const { port, store } = fixture();
  expect(port.read('pages_to_scan')).toBe(100);
  expect(store.load()).toBeUndefined();
  port.write('pages_to_scan', 4000);
  expect(store.load()).toEqual({ bootId: 'boot', savedAtMs: 1000, knobs: KNOBS, written: { pages_to_scan: 4000 } });
});

test('each write is on disk before it is done', () => {
  const { port, model, store } = fixture();
  const seen: (Baseline | undefined)[] = [];
  model.afterWrite = () => void seen.push(store.load());
  port.write('pages_to_scan', 4000);
  port.write('pages_to_scan', 500);
  expect(seen).toMatchObject([
    { knobs: KNOBS, written: { pages_to_scan: 4000 }, previous: { pages_to_scan: 100 } },
    { knobs: KNOBS, written: { pages_to_scan: 500 }, previous: { pages_to_scan: 4000 } },
  ]);
  expect(store.load()).not.toHaveProperty('previous');
});

test('a write of what is there already is none, and makes nothing ours', () => {
  const { port, model, store } = fixture();
  port.write('pages_to_scan', 100);
  expect(model.log).toEqual([]);
  expect(store.load()).toBeUndefined();
});

test('a refused write leaves the file as it was: none, or the one before', () => {
  const { port, model, store } = fixture();
  const refusal = new KsmpilotError('KSM_KNOB_REFUSED', 'no');
  model.refuse.set('pages_to_scan', refusal);
  expect(thrownBy(() => port.write('pages_to_scan', 4000))).toBe(refusal);
  expect(store.load()).toBeUndefined();
  port.write('run', 1);
  const before = store.load();
  expect(thrownBy(() => port.write('pages_to_scan', 4000))).toBe(refusal);
  expect(store.load()).toEqual(before);
});

test('what may never be written is not recorded either', () => {
  const { port, store } = fixture();
  expect(thrownBy(() => port.write('run', 2))).toMatchObject({ code: 'KSM_UNMERGE_REFUSED' });
  expect(thrownBy(() => port.write('pages_shared', 2))).toMatchObject({ code: 'KSM_KNOB_ABSENT' });
  expect(store.load()).toBeUndefined();
});

test('no room for the baseline: no write', () => {
  const { port, model, store } = fixture();
  rmSync(dirname(store.path), { recursive: true });
  expect(thrownBy(() => port.write('run', 1))).toMatchObject({ code: 'BASELINE_NOT_SAVED' });
  expect(model.log).toEqual([]);
});

test('a corrupt baseline: no write', () => {
  const { port, model, store } = fixture();
  writeFileSync(store.path, '{');
  expect(thrownBy(() => port.write('run', 1))).toMatchObject({ code: 'BASELINE_UNREADABLE' });
  expect(model.log).toEqual([]);
});

test('a write that was done counts although its confirmation could not be saved', () => {
  const { port, model, store } = fixture();
  model.afterWrite = () => {
    rmSync(dirname(store.path), { recursive: true });
  };
  port.write('run', 1);
  expect(model.values['run']).toBe(1);
});

test('a baseline of an earlier boot is replaced', () => {
  const { port, store } = fixture();
  store.save({ bootId: 'earlier', savedAtMs: 1, knobs: { run: 1 }, written: { run: 0 } });
  port.write('run', 1);
  expect(store.load()).toEqual({ bootId: 'boot', savedAtMs: 1000, knobs: KNOBS, written: { run: 1 } });
});

test('a baseline of this boot is kept by a second agent, after kill -9 of the first', () => {
  const { port, model, store } = fixture();
  port.write('pages_to_scan', 4000);
  new BaselineKnobPort({ port: model, store }).write('sleep_millisecs', 5);
  restoreBaseline(store, model);
  expect(model.values).toEqual(KNOBS);
});

test("a knob that an operator set in between goes back to the operator's value", () => {
  const { port, model, store } = fixture();
  port.write('pages_to_scan', 4000);
  model.values['pages_to_scan'] = 250;
  model.values['sleep_millisecs'] = 50;
  port.write('pages_to_scan', 2000);
  port.write('sleep_millisecs', 10);
  restoreBaseline(store, model);
  expect(model.values).toEqual({ ...KNOBS, pages_to_scan: 250, sleep_millisecs: 50 });
});

test('the advisor, switched off by us, comes back', () => {
  const { port, model, store } = fixture({ ...KNOBS, advisor_mode: 'scan-time', pages_to_scan: 8000 });
  port.write('advisor_mode', 'none');
  port.write('pages_to_scan', 3000);
  expect(restoreBaseline(store, model)).toMatchObject({ left: [], failed: [] });
  expect(model.values['advisor_mode']).toBe('scan-time');
});

/** The store without a disk, for thousands of runs. Each change of it is atomic, as the real one's is. */
class MemoryStore extends BaselineStore {
  baseline: Baseline | undefined;
  readonly #beforeAndAfter: () => void;

  constructor(beforeAndAfter: () => void) {
    super({ stateDir: '/nowhere', bootId: 'boot' });
    this.#beforeAndAfter = beforeAndAfter;
  }

  override load(): Baseline | undefined {
    return this.baseline;
  }

  override save(baseline: Baseline): void {
    this.#beforeAndAfter();
    this.baseline = baseline;
    this.#beforeAndAfter();
  }

  override remove(): void {
    this.#beforeAndAfter();
    this.baseline = undefined;
    this.#beforeAndAfter();
  }
}

test('killed at any instant of any run of writes, a restore puts every knob back', () => {
  const write = fc.oneof(
    fc.record({ knob: fc.constant('run'), value: fc.integer({ min: 0, max: 1 }) }),
    fc.record({ knob: fc.constant('pages_to_scan'), value: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ knob: fc.constant('sleep_millisecs'), value: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ knob: fc.constant('advisor_mode'), value: fc.constantFrom('none', 'scan-time') }),
  );
  const start = fc.record({
    run: fc.integer({ min: 0, max: 1 }),
    pages_to_scan: fc.constantFrom(1, 3, 100),
    sleep_millisecs: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(start, fc.array(write, { maxLength: 12 }), fc.nat({ max: 60 }), (before, writes, killAt) => {
      const model = new KnobModel({ ...before, advisor_mode: 'none' });
      let instant = 0;
      let alive = true;
      // After a kill nothing is done any more, whatever the code does with the exception.
      const mayKill = (): void => {
        if (alive && instant++ >= killAt) alive = false;
        if (!alive) throw new Error('killed');
      };
      const store = new MemoryStore(mayKill);
      const dying = new BaselineKnobPort({
        store,
        port: {
          read: (knob) => model.read(knob),
          write: (knob, value) => {
            mayKill();
            model.write(knob, value);
            mayKill();
          },
        },
      });
      for (const { knob, value } of writes) {
        try {
          dying.write(knob, value);
        } catch {
          // Killed, or refused since the advisor is on: either way a restore must put things right.
        }
      }
      const next = new MemoryStore(() => undefined);
      next.baseline = store.baseline;
      expect(restoreBaseline(next, model)).toMatchObject({ left: [], failed: [] });
      expect(model.values).toEqual({ ...before, advisor_mode: 'none' });
      expect(next.baseline).toBeUndefined();
    }),
    { numRuns: 3000 },
  );
});
