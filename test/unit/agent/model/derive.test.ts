import { describe, expect, it } from 'vitest';
import { derive, netCores, ratePerSec, savedBytesOf, type DeriveInput } from '../../../../src/agent/model/derive.js';
import type { CowTotals, ProbePhase, ProbeSnapshot } from '../../../../src/agent/model/probe.js';
import type { Sample } from '../../../../src/agent/model/raw.js';
import { testCow } from '../../../helpers/agent-port.js';

const PAGE = 4096;

function sample(overrides: Partial<Sample> = {}): Sample {
  return { seq: 0, timeMs: 1_000, monoMs: 1_000, processes: [], sources: [], ...overrides };
}

function probes(cow?: Partial<CowTotals>, state: ProbePhase = 'running'): ProbeSnapshot {
  return {
    processes: [],
    lostEvents: 0,
    states: [{ name: 'cow', state, detail: '', restarts: 0 }],
    ...(cow === undefined ? {} : { cow: { ...testCow(), ...cow } }),
  };
}

function input(overrides: Partial<DeriveInput> = {}): DeriveInput {
  return {
    sample: sample(),
    probes: probes(),
    previous: undefined,
    origin: { cow_ksm: undefined },
    pageSize: PAGE,
    gibPerCore: 8,
    processes: [],
    ...overrides,
  };
}

describe('ratePerSec', () => {
  it('is the change over the time', () => expect(ratePerSec(30, 10, 4)).toBe(5));
  it('is unknown without an earlier reading', () => expect(ratePerSec(30, undefined, 4)).toBeNull());
  it('is unknown when the counter went back', () => expect(ratePerSec(5, 10, 1)).toBeNull());
  it.each([0, -1, Number.NaN])('is unknown over %d seconds', (sec) => expect(ratePerSec(30, 10, sec)).toBeNull());
});

describe('savings', () => {
  it('counts sharing and zero pages, not shared ones', () =>
    expect(savedBytesOf({ pages_shared: 5, pages_sharing: 7, ksm_zero_pages: 2 }, PAGE)).toBe(9 * PAGE));
  it('is unknown, not 0, without KSM', () => expect(savedBytesOf(undefined, PAGE)).toBeNull());
  it('keeps a negative profit negative', () => {
    const ksm = { pages_sharing: 0, pages_shared: 0, general_profit: -64 };
    expect(derive(input({ sample: sample({ ksm }) })).profitBytes).toBe(-64);
  });
  it('computes the profit from rmap items where the kernel does not', () => {
    const ksm = { pages_sharing: 10, pages_shared: 1, pages_unshared: 100, pages_volatile: 9 };
    expect(derive(input({ sample: sample({ ksm }) })).profitBytes).toBe(10 * PAGE - 120 * 64);
  });
  it('tells what unmerging takes, and what the host has for it', () => {
    const GIB = 2 ** 30;
    const told = derive(
      input({
        sample: sample({
          ksm: { pages_sharing: 10, ksm_zero_pages: 3 },
          meminfo: { MemTotal: (16 * GIB) / 1024, MemAvailable: (4 * GIB) / 1024 },
        }),
      }),
    );
    expect(told.unmergeNeededBytes).toBe(13 * PAGE);
    // A twentieth of the memory is left alone.
    expect(told.unmergeUsableBytes).toBe(4 * GIB - Math.round((16 * GIB) / 20));
    expect(derive(input())).toMatchObject({ unmergeNeededBytes: null, unmergeUsableBytes: null });
  });
  it('weighs the saving against CPU at the price', () => {
    expect(netCores(16 * 2 ** 30, 50, 8)).toBe(1.5);
    expect(netCores(null, 50, 8)).toBeNull();
    expect(netCores(1, null, 8)).toBeNull();
  });
});

describe('ksmd', () => {
  const then = sample({ ksmd: { pid: 37, cpuNs: 1e9 } });
  const previous = { sample: then, derived: derive(input({ sample: then })) };

  it('is per cent of one core', () => {
    const now = sample({ monoMs: 3_000, ksmd: { pid: 37, cpuNs: 2e9 } });
    expect(derive(input({ sample: now, previous })).ksmdCpuPct).toBeCloseTo(50);
  });
  it('is unknown across a change of thread', () => {
    const now = sample({ monoMs: 3_000, ksmd: { pid: 38, cpuNs: 2e9 } });
    expect(derive(input({ sample: now, previous })).ksmdCpuPct).toBeNull();
  });
});

describe('COW breaks', () => {
  const origin = { cow_ksm: 100 };

  it('splits the reading that was taken with the counts, so the parts add up', () => {
    const d = derive(
      input({
        sample: sample({ vmstat: { cow_ksm: 190 } }),
        probes: probes({ attributed: 40, cow_ksm: 150 }),
        origin,
      }),
    );
    expect([d.cowBreaksTotal, d.cowBreaksAttributedTotal, d.cowBreaksUnattributedTotal]).toEqual([50, 40, 10]);
  });
  it('goes on with vmstat while the program is down', () => {
    const d = derive(
      input({
        sample: sample({ vmstat: { cow_ksm: 190 } }),
        probes: probes({ attributed: 40, cow_ksm: 150 }, 'backoff'),
        origin,
      }),
    );
    expect([d.cowBreaksTotal, d.cowBreaksUnattributedTotal]).toEqual([90, 50]);
  });
  it.each([
    ['charges the time between windows as estimated', 300, [1_000, 40, 300, 660]],
    ['has no rest below zero where threads collide', 970, [1_000, 40, 970, 0]],
    ['estimates nothing where nothing is scaled', undefined, [1_000, 40, null, 960]],
  ])('%s', (_, estimated, split) => {
    const cow = { attributed: 40, cow_ksm: 1_100, ...(estimated !== undefined && { estimated }) };
    const d = derive(input({ probes: probes(cow), origin }));
    expect([
      d.cowBreaksTotal,
      d.cowBreaksAttributedTotal,
      d.cowBreaksEstimatedTotal,
      d.cowBreaksUnattributedTotal,
    ]).toEqual(split);
  });
  it('knows the total without probes, but no split', () => {
    const d = derive(input({ sample: sample({ vmstat: { cow_ksm: 107 } }), origin }));
    expect([d.cowBreaksTotal, d.cowBreaksAttributedTotal, d.cowBreaksUnattributedTotal]).toEqual([7, null, null]);
  });
  it('knows nothing where the kernel does not count', () =>
    expect(derive(input({ origin: { cow_ksm: undefined } })).cowBreaksTotal).toBeNull());
});
