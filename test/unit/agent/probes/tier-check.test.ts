import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CowTier } from '../../../../src/agent/model/probe.js';
import { TierCheck } from '../../../../src/agent/probes/tier-check.js';

/** Frames as [breaks counted, cow_ksm read after]. Returns the first complaint. */
function judge(tier: CowTier, frames: readonly (readonly [number, number | undefined])[]): string | undefined {
  const check = new TierCheck(tier);
  return frames.map(([attributed, cow_ksm]) => check.frame(attributed, cow_ksm)).find((told) => told !== undefined);
}

describe('a tier that counts what the kernel counts', () => {
  it('is believed, however the breaks fall between frames and readings', () => {
    const parts = fc.record({
      tier: fc.constantFrom<CowTier>('fentry', 'kprobe', 'tracepoint'),
      start: fc.nat(1_000_000),
      // Breaks before each frame, and between the frame and the reading of cow_ksm.
      steps: fc.array(fc.tuple(fc.nat(200_000), fc.nat(50_000)), { minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(parts, ({ tier, start, steps }) => {
        let breaks = 0;
        const frames = steps.map(([before, between]) => {
          const attributed = breaks + before;
          breaks = attributed + between;
          return [attributed, start + breaks] as const;
        });
        expect(judge(tier, frames)).toBeUndefined();
      }),
    );
  });

  it('is believed where the kernel has no cow_ksm', () => {
    expect(
      judge('kprobe', [
        [0, undefined],
        [9_999, undefined],
      ]),
    ).toBeUndefined();
  });
});

describe('a tier that misses breaks', () => {
  const half = [
    [0, 5_000],
    [500, 6_000],
    [1_000, 7_000],
    [1_500, 8_000],
  ] as const;

  it('is not believed where it should see all', () => {
    expect(judge('fentry', half)).toBe(
      'it counted 1500 COW breaks where the kernel counted 2000, so it is not believed',
    );
  });

  it('may be the one by tracepoints, which says so', () => {
    expect(judge('tracepoint', half)).toBeUndefined();
  });

  it('is given a few, such as those of its first moment', () => {
    expect(
      judge('kprobe', [
        [0, 0],
        [0, 60],
        [0, 60],
      ]),
    ).toBeUndefined();
  });
});

describe('a tier that counts what is none', () => {
  const doubled = [
    [0, 0],
    [2_000, 1_000],
    [4_000, 2_000],
    [6_000, 3_000],
  ] as const;

  it.each<CowTier>(['fentry', 'kprobe', 'tracepoint'])('is not believed, as %s', (tier) => {
    expect(judge(tier, doubled)).toMatch(/^it counted 4000 COW breaks where the kernel counted 3000, so/);
  });

  it('may count colliding threads twice, at page faults', () => {
    const frames = [
      [0, 0],
      [0, 0],
      [2_195, 2_126],
    ] as const;
    expect(judge('tracepoint', frames)).toBeUndefined();
  });
});
