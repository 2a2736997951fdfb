import { describe, expect, it } from 'vitest';
import {
  GIB,
  medianOf,
  outliersOf,
  perGib,
  robustScore,
  sumsOf,
  type FleetHost,
  type HostFigures,
} from '../../../../../web/gateway/fleet/fleet.js';

const FIGURES: HostFigures = {
  hostname: 'hv',
  version: '0.1.0',
  mem_total_bytes: 64 * GIB,
  mode: 'auto',
  paused: false,
  guests: 10,
  problems: 0,
  problem_codes: [],
  saved_bytes: 4 * GIB,
  ksmd_cores: 0.04,
  net_cores: 0.46,
  cow_breaks_per_sec: 40,
  unmerge_needed_bytes: 4 * GIB,
  unmerge_usable_bytes: 8 * GIB,
};

const host = (
  name: string,
  figures: Partial<HostFigures> = {},
  state: FleetHost['state'] = 'connected',
): FleetHost => ({
  name,
  state,
  figures: { ...FIGURES, ...figures },
});

describe('sums', () => {
  it('are over the hosts that answer and know the figure', () => {
    const sums = sumsOf([
      host('a'),
      host('b', { saved_bytes: undefined, problems: 2, unmerge_usable_bytes: GIB }),
      host('c', {}, 'lost'),
      { name: 'd', state: 'connecting', figures: undefined },
    ]);
    expect(sums).toEqual({
      hosts: 4,
      connected: 2,
      saved_bytes: 4 * GIB,
      ksmd_cores: 0.08,
      net_cores: 0.92,
      cow_breaks_per_sec: 80,
      guests: 20,
      mem_total_bytes: 128 * GIB,
      with_problems: 1,
      at_risk: 1,
    });
  });

  it('are unknown, and not 0, where no host knows', () => {
    expect(sumsOf([]).saved_bytes).toBeUndefined();
    expect(sumsOf([host('a', { net_cores: undefined })]).net_cores).toBeUndefined();
    expect(sumsOf([host('a', { saved_bytes: 0 })]).saved_bytes).toBe(0);
  });
});

describe('robustScore', () => {
  it('is that of Iglewicz and Hoaglin', () => {
    // 0.6745 and 1 / 1.4826 are the same to four digits.
    const values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3];
    expect(medianOf(values)).toBeCloseTo(2.45);
    expect(robustScore(8.3, values)).toBeCloseTo(
      (0.6745 * 5.85) / medianOf(values.map((one) => Math.abs(one - 2.45))),
      1,
    );
    expect(robustScore(2.45, values)).toBe(0);
  });

  it('takes the mean deviation where more than half are equal, and is 0 where all are', () => {
    expect(robustScore(10, [1, 1, 1, 1, 1, 1, 1, 10])).toBeCloseTo(9 / (1.2533 * (9 / 8)));
    expect(robustScore(1, [1, 1, 1])).toBe(0);
  });
});

describe('outliers', () => {
  const crowd = Array.from({ length: 9 }, (_, index) =>
    host(`hv-${index}`, { ksmd_cores: 0.04 + index * 0.001, cow_breaks_per_sec: 40 + index }),
  );

  it('are hosts whose ratio lies far above the others', () => {
    const found = outliersOf([
      ...crowd,
      host('dear', { ksmd_cores: 0.4 }),
      host('churn', { cow_breaks_per_sec: 4_000 }),
    ]);
    expect(found.map(({ name, measure }) => [name, measure])).toEqual([
      ['dear', 'cost_per_gib'],
      ['churn', 'breaks_per_gib'],
    ]);
    expect(found[0]?.value).toBeCloseTo(0.1);
    expect(found[0]?.median).toBeCloseTo(0.011);
    expect(found[0]?.score).toBeGreaterThan(3.5);
  });

  it('are not hosts that are large, cheap, or a trifle above others that are alike', () => {
    const alike = Array.from({ length: 9 }, (_, index) => host(`hv-${index}`));
    expect(
      outliersOf([
        ...alike,
        host('large', { saved_bytes: 400 * GIB, ksmd_cores: 4, cow_breaks_per_sec: 4_000 }),
        host('cheap', { ksmd_cores: 0.000_1, cow_breaks_per_sec: 0 }),
        host('trifle', { ksmd_cores: 0.041 }),
      ]),
    ).toEqual([]);
  });

  it('need a crowd of five', () => {
    expect(outliersOf([...crowd.slice(0, 3), host('dear', { ksmd_cores: 4 })])).toEqual([]);
    expect(outliersOf([...crowd.slice(0, 4), host('dear', { ksmd_cores: 4 })])).toHaveLength(1);
  });

  it('leave out hosts that are lost or know too little, and name who pays for nothing', () => {
    const found = outliersOf([
      ...crowd,
      host('gone', { ksmd_cores: 4 }, 'lost'),
      host('unknown', { ksmd_cores: undefined, cow_breaks_per_sec: undefined }),
      host('idle', { saved_bytes: 1_000, ksmd_cores: 0.2 }),
      host('asleep', { saved_bytes: 0, ksmd_cores: 0 }),
    ]);
    expect(found).toEqual([
      { name: 'idle', measure: 'cost_without_saving', value: 0.2, median: undefined, score: undefined },
    ]);
  });

  it('have finite figures', () => {
    const found = outliersOf([
      ...Array.from({ length: 40 }, (_, index) => host(`hv-${index}`)),
      host('x', { ksmd_cores: 1e6 }),
    ]);
    expect(found[0]?.score).toBeLessThanOrEqual(999);
    expect(perGib(1, 0)).toBeUndefined();
    expect(perGib(undefined, GIB)).toBeUndefined();
  });
});
