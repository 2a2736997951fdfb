import { describe, expect, test } from 'vitest';
import { lapse, offeredPages, takeReading, type Reading } from '../../../src/tuner/reading.js';
import type { Observation } from '../../../src/tuner/types.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

const seen = (change: Partial<Observation> = {}): Observation => ({
  ...new KsmSim().observe(),
  monoMs: 10_000,
  pages_scanned: 1000,
  ksmdCpuNs: 5e9,
  full_scans: 3,
  ...change,
});

function reading(change: Partial<Observation> = {}): Reading {
  const taken = takeReading(seen(change));
  if (taken === null) throw new Error('unreadable');
  return taken;
}

const noInference = (): number => {
  throw new Error('not to be asked');
};

describe('takeReading', () => {
  test('the time is that of the reading, not of the tick', () => {
    expect(reading({ ageMs: 300 }).atMs).toBe(9700);
  });

  test.each([
    'pages_shared',
    'pages_sharing',
    'pages_unshared',
    'pages_volatile',
    'full_scans',
    'monoMs',
    'pageSize',
  ] as const)('%s must be there', (name) => {
    for (const bad of [NaN, -1, Infinity]) expect(takeReading(seen({ [name]: bad }))).toBeNull();
  });

  test('optional counters that make no sense count as absent', () => {
    expect(reading({ ksmdCpuNs: NaN, pages_scanned: -5, cow_ksm: Infinity })).toMatchObject({
      cpuNs: null,
      pages_scanned: null,
      cow_ksm: null,
    });
  });
});

describe('lapse', () => {
  test('differences, in seconds and CPU seconds', () => {
    const next = reading({ monoMs: 12_000, pages_scanned: 5000, ksmdCpuNs: 5.5e9, full_scans: 4, pages_sharing: 7 });
    expect(lapse(reading(), next, noInference)).toMatchObject({
      kind: 'interval',
      interval: { seconds: 2, cpuSec: 0.5, scanned: 4000, skipped: 0, fullScans: 1, breaks: 0, savedDelta: 7 },
    });
  });

  test('the gauges at both ends', () => {
    const next = reading({
      monoMs: 11_000,
      pages_shared: 2,
      pages_sharing: 7,
      pages_unshared: 5,
      mergeableBytes: null,
    });
    expect(lapse(reading(), next, noInference)).toMatchObject({
      interval: { from: { merged: 0 }, to: { known: 14, merged: 9, shared: 2, offered: null } },
    });
  });

  test.each([
    ['the same reading again', {}, 'same'],
    ['the clock went back', { monoMs: 9000 }, 'broken'],
    ['two minutes are missing', { monoMs: 200_000 }, 'broken'],
    ['pages_scanned went back', { monoMs: 11_000, pages_scanned: 999 }, 'broken'],
    ['CPU time went back', { monoMs: 11_000, ksmdCpuNs: 1 }, 'broken'],
    ['run=2 reset full_scans', { monoMs: 11_000, full_scans: 0 }, 'broken'],
  ])('%s', (_name, change, kind) => {
    expect(lapse(reading(), reading(change), noInference).kind).toBe(kind);
  });

  test('without pages_scanned the scanned pages are inferred', () => {
    const old = { pages_scanned: null };
    const gap = lapse(
      reading(old),
      reading({ ...old, monoMs: 11_000 }),
      (seconds, cpuSec) => seconds * 100 + (cpuSec ?? 0),
    );
    expect(gap).toMatchObject({ interval: { scanned: 100 } });
  });
});

test('offered pages: null is not 0', () => {
  expect(offeredPages(seen({ mergeableBytes: null }))).toBeNull();
  expect(offeredPages(seen({ mergeableBytes: NaN }))).toBeNull();
  expect(offeredPages(seen({ mergeableBytes: 8192 }))).toBe(2);
});
