import { expect, test } from 'vitest';
import { worthPerPageSec } from '../../../src/tuner/price.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import { KsmSim } from '../../../src/tuner/sim/page-model.js';

const calm = { ...new KsmSim().observe(), cpuPressurePct: 0, memoryPressurePct: 0 };
const plain = worthPerPageSec(calm, DEFAULT_TUNER_SETTINGS);

test('8 GiB held for a second are worth a CPU second at 8 GiB per core, whatever the page size', () => {
  expect(plain * ((8 * 2 ** 30) / 4096)).toBeCloseTo(1);
  const large = worthPerPageSec({ ...calm, pageSize: 65_536 }, DEFAULT_TUNER_SETTINGS);
  expect(large * ((8 * 2 ** 30) / 65_536)).toBeCloseTo(1);
});

test('pressure moves the price, within bounds; unknown pressure does not', () => {
  expect(worthPerPageSec({ ...calm, cpuPressurePct: 20 }, DEFAULT_TUNER_SETTINGS)).toBeCloseTo(plain / 2);
  expect(worthPerPageSec({ ...calm, memoryPressurePct: 5 }, DEFAULT_TUNER_SETTINGS)).toBeCloseTo(plain * 2);
  expect(worthPerPageSec({ ...calm, memoryPressurePct: 1e9 }, DEFAULT_TUNER_SETTINGS)).toBeCloseTo(plain * 4);
  for (const unknown of [null, NaN, -5]) {
    expect(
      worthPerPageSec({ ...calm, cpuPressurePct: unknown, memoryPressurePct: unknown }, DEFAULT_TUNER_SETTINGS),
    ).toBe(plain);
  }
});
