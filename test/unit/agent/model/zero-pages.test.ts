import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviseZeroPages } from '../../../../src/agent/model/zero-pages.js';
import type { KsmSysfs } from '../../../../src/agent/model/raw.js';

const PAGE = 4096;

/** As docs/switches.md measured them: 4 guests with 16,411 zero pages each, the switch off. */
const ZEROS: KsmSysfs = {
  use_zero_pages: 0,
  ksm_zero_pages: 0,
  max_page_sharing: 256,
  pages_shared: 257,
  pages_sharing: 65_387,
  stable_node_chains: 1,
  stable_node_dups: 257,
};

describe('adviseZeroPages', () => {
  it('foresees what was measured: 257 pages more, 64 bytes for each of 65,644 rmap items less, 18 ms a full scan', () => {
    const advice = adviseZeroPages(ZEROS, PAGE);
    expect(advice).toMatchObject({ contents: 1, copies: 65_644, share: 1, gainBytes: 257 * PAGE + 65_644 * 64 });
    expect(advice?.gainCpuSec).toBeCloseTo(0.0183, 3);
  });

  it.each<[string, Partial<KsmSysfs>]>([
    ['the switch is on', { use_zero_pages: 1 }],
    ['no content has more copies than fit on one KSM page', { stable_node_chains: 0, stable_node_dups: 0 }],
    ['there are few of them', { pages_shared: 63, pages_sharing: 16_065, stable_node_dups: 63 }],
    ['they are a small part of what merges', { pages_shared: 200_000, pages_sharing: 300_000 }],
    ['nothing is merged', { pages_shared: 0, pages_sharing: 0 }],
  ])('is silent where %s', (_why, change) => expect(adviseZeroPages({ ...ZEROS, ...change }, PAGE)).toBeUndefined());

  it('is silent where a counter is missing, on an older kernel', () => {
    for (const name of Object.keys(ZEROS) as (keyof KsmSysfs)[]) {
      const { [name]: _, ...rest } = ZEROS;
      expect(adviseZeroPages(rest, PAGE)).toBeUndefined();
    }
    expect(adviseZeroPages(undefined, PAGE)).toBeUndefined();
  });

  it('never counts more copies than are merged, whatever the counters say', () => {
    const count = fc.nat({ max: 2 ** 32 });
    fc.assert(
      fc.property(count, count, count, count, count, (shared, sharing, chains, dups, most) => {
        const dupsHere = Math.min(dups, shared);
        const advice = adviseZeroPages(
          {
            ...ZEROS,
            pages_shared: shared,
            pages_sharing: sharing,
            stable_node_chains: Math.min(chains, dupsHere),
            stable_node_dups: dupsHere,
            max_page_sharing: most,
          },
          PAGE,
        );
        if (advice === undefined) return;
        expect(advice.copies).toBeLessThanOrEqual(shared + sharing);
        expect(advice.share).toBeLessThanOrEqual(1);
        expect(advice.gainBytes).toBeGreaterThan(0);
      }),
    );
  });
});
