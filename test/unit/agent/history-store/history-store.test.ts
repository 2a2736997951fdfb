import fc from 'fast-check';
import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/agent/history-store/tiers.js';
import { HistoryFolder, MIDNIGHT, openDatabase, TestStore, type Figures } from '../../../helpers/history.js';

interface Told {
  readonly timeMs: number;
  readonly saved: number;
  readonly guests: Readonly<Record<string, Figures>>;
}

/** What points of `stepMs` must hold, from the samples. */
function bruteForce(
  samples: readonly (readonly [timeMs: number, value: number | undefined])[],
  stepMs: number,
): Map<number, { mean: number; min: number; max: number }> {
  const groups = new Map<number, number[]>();
  for (const [timeMs, value] of samples) {
    if (value === undefined || Number.isNaN(value)) continue;
    const start = Math.floor(timeMs / stepMs) * stepMs;
    groups.set(start, [...(groups.get(start) ?? []), value]);
  }
  return new Map(
    [...groups].map(([start, values]) => [
      start,
      {
        mean: values.reduce((sum, value) => sum + value, 0) / values.length,
        min: Math.min(...values),
        max: Math.max(...values),
      },
    ]),
  );
}

/** Compares every point of the answer with brute force, and sees that none is missing. */
function expectPoints(
  test: TestStore,
  query: { readonly guest: string; readonly points: number; readonly tolerance: number },
  samples: readonly (readonly [number, number | undefined])[],
): void {
  const { resolutionMs, timesMs, columns } = test.history({ ...query, fields: ['saved_bytes'] });
  expect(resolutionMs).toBeGreaterThanOrEqual(MINUTE_MS);
  const expected = bruteForce(samples, resolutionMs);
  const [column] = columns;
  const known = timesMs.filter((_time, index) => !Number.isNaN(column?.mean[index]));
  expect(known).toEqual([...expected.keys()]);
  timesMs.forEach((time, index) => {
    const point = expected.get(time);
    if (point === undefined) return;
    for (const name of ['mean', 'min', 'max'] as const) {
      expect(Math.abs((column?.[name][index] ?? Number.NaN) - point[name])).toBeLessThanOrEqual(query.tolerance);
    }
  });
}

describe('the past', () => {
  it('is at every resolution what brute force says, over restarts, gaps and seals', () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      afterMs: fc.constantFrom(1000, 7000, 61_000, 400_000),
      saved: fc.oneof({ weight: 5, arbitrary: fc.nat(2 ** 40) }, fc.constant(Number.NaN)),
      guests: fc.subarray(['a', 'b', 'c']),
      then: fc.constantFrom('go on', 'go on', 'go on', 'restart'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        using folder = new HistoryFolder();
        let test = new TestStore(folder.file);
        const told: Told[] = [];
        for (const { count, afterMs, saved, guests, then } of steps) {
          for (let index = 0; index < count; index += 1) {
            const figures = Object.fromEntries(
              guests.map((name) => [name, { saved_bytes: 1024 * ((saved % 1000) + index), mergeable_bytes: 4096 }]),
            );
            test.sample({ saved_bytes: saved + index }, { afterMs, guests: figures });
            told.push({ timeMs: test.timeMs, saved: saved + index, guests: figures });
          }
          if (then === 'restart') {
            test.store.close();
            test = new TestStore(folder.file, test);
          }
        }
        test.sample({});
        told.push({ timeMs: test.timeMs, saved: Number.NaN, guests: {} });
        const host = told.map(({ timeMs, saved }) => [timeMs, saved] as const);
        const guest = told.map(({ timeMs, guests }) => [timeMs, guests['b']?.['saved_bytes']] as const);
        expect(test.store.problems).toEqual([]);
        const span = test.timeMs + 1 - (told[0]?.timeMs ?? 0);
        for (const stepMs of [MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS]) {
          const points = Math.floor(span / stepMs);
          if (points < 1 || points > 5000) continue;
          expectPoints(test, { guest: '', points, tolerance: 1 }, host);
          if (guest.some(([, value]) => value !== undefined)) {
            expectPoints(test, { guest: 'b', points, tolerance: 1024 }, guest);
          }
        }
        test.store.close();
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('tells samples as they were, and those that are not written yet', () => {
    using folder = new HistoryFolder();
    const test = new TestStore(folder.file);
    for (let index = 0; index < 1500; index += 1) test.sample({ saved_bytes: index * 4096, merges_total: index });
    const { resolutionMs, timesMs, columns, oldestMs, problem } = test.history({
      fields: ['saved_bytes', 'merges_total'],
    });
    expect(resolutionMs).toBe(1000);
    expect(timesMs).toEqual(Array.from({ length: 1500 }, (_, index) => MIDNIGHT + (index + 1) * 1000));
    expect(columns).toEqual([
      { name: 'saved_bytes', mean: timesMs.map((_time, index) => index * 4096), min: [], max: [] },
      { name: 'merges_total', mean: timesMs.map((_time, index) => index), min: [], max: [] },
    ]);
    expect(oldestMs).toBe(MIDNIGHT + 1000);
    expect(problem).toBe('');
    test.store.close();
  });

  it('of a total is its last value, also over a restart that counts from 0', () => {
    using folder = new HistoryFolder();
    const first = new TestStore(folder.file);
    for (let index = 0; index < 90; index += 1) first.sample({ merges_total: index });
    first.store.close();
    const second = new TestStore(folder.file, first);
    for (let index = 0; index < 60; index += 1) second.sample({ merges_total: index });
    const minutes = second.means('merges_total', { points: 3 });
    expect([...minutes]).toEqual([
      [MIDNIGHT, 58],
      [MIDNIGHT + MINUTE_MS, 28],
      [MIDNIGHT + 2 * MINUTE_MS, 59],
    ]);
    second.store.close();
  });

  it('holds the answer to about as many points as were asked for', () => {
    using folder = new HistoryFolder();
    const test = new TestStore(folder.file);
    for (let index = 0; index < 4 * 3600; index += 1) test.sample({ saved_bytes: index });
    for (const points of [2, 10, 100, 600, 5000]) {
      expect(test.history({ points }).timesMs.length).toBeLessThanOrEqual(points + 1);
    }
    test.store.close();
  });

  it('is empty where nothing was, and says where it begins', () => {
    using folder = new HistoryFolder();
    const test = new TestStore(folder.file);
    for (let index = 0; index < 30; index += 1) test.sample({ saved_bytes: index });
    const before = test.history({ fromMs: MIDNIGHT - HOUR_MS, toMs: MIDNIGHT });
    expect(before).toMatchObject({ timesMs: [], oldestMs: MIDNIGHT + 1000 });
    expect(before.columns.every(({ mean }) => mean.length === 0)).toBe(true);
    expect(test.history({ fields: ['no_such_field'] }).columns).toEqual([]);
    expect(() => test.history({ guest: 'nobody' })).toThrow(/no guest "nobody"/);
    test.store.close();
  });

  it('knows a guest by identity and, when it has gone, by name', () => {
    using folder = new HistoryFolder();
    const test = new TestStore(folder.file);
    const figures = { saved_bytes: 8192, mergeable_bytes: 4096 };
    for (let index = 0; index < 200; index += 1) {
      test.sample({ saved_bytes: 1 }, { guests: index < 100 ? { one: figures, two: figures } : { two: figures } });
    }
    expect(test.means('saved_bytes', { guest: 'one' }).size).toBe(2);
    expect(test.means('saved_bytes', { guest: 'name of one' }).size).toBe(2);
    expect(test.means('saved_bytes', { guest: 'two' }).size).toBe(4);
    test.store.close();
  });
});

describe('what is old', () => {
  const retention = {
    samples: HOUR_MS,
    minutes: 12 * HOUR_MS,
    hours: 10 * DAY_MS,
    guestMinutes: 6 * HOUR_MS,
    guestHours: 10 * DAY_MS,
  };

  it('goes by tier, and coarser tiers still tell of it', () => {
    using folder = new HistoryFolder();
    const test = new TestStore(folder.file, { settings: { retention } });
    const guests = { g: { saved_bytes: 4096, mergeable_bytes: 4096 } };
    for (let index = 0; index < 2 * 24 * 60; index += 1) test.sample({ saved_bytes: 1 }, { afterMs: 60_000, guests });
    test.store.close();
    const db = openDatabase(folder.file);
    const oldest = (tier: number): number =>
      test.timeMs -
      Number(db.prepare('SELECT min(start_ms) AS n FROM block WHERE tier = ?').get(tier)?.['n'] ?? test.timeMs);
    expect(oldest(0)).toBeLessThan(HOUR_MS + 2 * 600_000 + 2 * MINUTE_MS);
    expect(oldest(1)).toBeLessThan((12 + 8) * HOUR_MS + 2 * MINUTE_MS);
    expect(oldest(1)).toBeGreaterThan(12 * HOUR_MS);
    expect(oldest(3)).toBeLessThan((6 + 4) * HOUR_MS + 2 * MINUTE_MS);
    db.close();
    const again = new TestStore(folder.file, { timeMs: test.timeMs, monoMs: test.monoMs, settings: { retention } });
    again.sample({});
    expect(again.means('saved_bytes', { points: 100 }).size).toBe(49);
    expect(again.history({ fromMs: MIDNIGHT, toMs: MIDNIGHT + HOUR_MS, guest: 'g' }).resolutionMs).toBe(HOUR_MS);
    again.store.close();
  }, 60_000);

  it('does not go while the clock is not to be trusted', () => {
    using folder = new HistoryFolder();
    const settings = { retention };
    const test = new TestStore(folder.file, { settings });
    for (let index = 0; index < 3600; index += 1) test.sample({ saved_bytes: 7 });
    test.store.close();
    const lost = new TestStore(folder.file, { timeMs: MIDNIGHT + 40 * 365 * DAY_MS, settings });
    for (let index = 0; index < 120; index += 1) lost.sample({ saved_bytes: 8 });
    // The clock is set: back to today.
    lost.timeMs = test.timeMs + MINUTE_MS;
    for (let index = 0; index < 2 * 3600; index += 1) lost.sample({ saved_bytes: 9 });
    const { timesMs } = lost.history({ points: 2000 });
    expect(lost.means('saved_bytes', { fromMs: MIDNIGHT, points: 500 }).get(MIDNIGHT + 10 * MINUTE_MS)).toBe(7);
    // What was told of the year it never was is gone.
    expect(timesMs.at(-1)).toBeLessThanOrEqual(lost.timeMs);
    lost.store.close();
    const db = openDatabase(folder.file);
    expect(db.prepare('SELECT max(start_ms) AS n FROM loose').get()?.['n']).toBeLessThanOrEqual(lost.timeMs);
    db.close();
  }, 60_000);

  it('goes before the file is larger than its cap, finest first', () => {
    using folder = new HistoryFolder();
    const maxBytes = 9 * 2 ** 20;
    const test = new TestStore(folder.file, { settings: { maxBytes } });
    let seed = 1;
    const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const names = Array.from({ length: 60 }, (_, index) => `guest ${index}`);
    for (let index = 0; index < 12 * 360; index += 1) {
      const guests = Object.fromEntries(
        names.map((name) => [
          name,
          {
            saved_bytes: chance() * 2 ** 36,
            mergeable_bytes: chance() * 2 ** 36,
            ksmd_cores: chance(),
            merges_per_sec: chance() * 9999,
          },
        ]),
      );
      test.sample({ saved_bytes: chance() * 2 ** 40 }, { afterMs: 10_000, guests });
    }
    const size = statSync(folder.file).size + statSync(`${folder.file}-wal`).size;
    expect(size).toBeLessThan(maxBytes);
    const { timesMs } = test.history({ guest: 'guest 7', points: 1000 });
    expect(timesMs.length).toBeGreaterThan(10);
    expect(timesMs.at(-1)).toBeGreaterThan(test.timeMs - 2 * HOUR_MS);
    expect(test.history({ points: 20 }).timesMs[0]).toBe(MIDNIGHT);
    test.store.close();
  }, 60_000);
});

describe('a clock that is set back', () => {
  it('never makes a time appear twice, nor loses what comes after', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -900, max: 900 }), { maxLength: 12 }), (jumps) => {
        using folder = new HistoryFolder();
        const test = new TestStore(folder.file, { timeMs: MIDNIGHT + 5 * HOUR_MS });
        for (const jump of [0, ...jumps]) {
          test.timeMs += jump * 1000;
          for (let index = 0; index < 45; index += 1) test.sample({ saved_bytes: 5 });
        }
        expect(test.store.problems).toEqual([]);
        for (const points of [5000, 200, 5]) {
          const { timesMs, columns } = test.history({ points, toMs: MIDNIGHT + DAY_MS });
          expect(timesMs).toEqual([...new Set(timesMs)].sort((a, b) => a - b));
          expect(new Set(columns[0]?.mean)).toEqual(new Set([5]));
        }
        test.store.close();
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
