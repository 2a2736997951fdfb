import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  demoPlan,
  mergeablePages,
  shareablePages,
  shareablePagesOf,
  type GuestPlan,
} from '../../../../src/agent/demo/plan.js';

const guest = (pages: Partial<GuestPlan>): GuestPlan => ({
  name: 'g',
  text: '',
  imagePages: 0,
  zeroPages: 0,
  privatePages: 0,
  volatilePages: 0,
  breaksPerSec: 0,
  delaySec: 0,
  ...pages,
});

/** The kernel's way, page by page: equal pages join a KSM page that has room, else wait for a partner to start one. */
function mergePageByPage(guests: readonly GuestPlan[], maxPageSharing: number, useZeroPages: boolean): number {
  const groups = new Map<string, { mappings: number; lone: boolean }>();
  let saved = 0;
  const meet = (content: string): void => {
    const group = groups.get(content) ?? { mappings: maxPageSharing, lone: false };
    if (group.mappings < maxPageSharing) {
      group.mappings += 1;
      saved += 1;
    } else if (group.lone) {
      group.lone = false;
      group.mappings = 2;
      saved += 1;
    } else {
      group.lone = true;
    }
    groups.set(content, group);
  };
  for (const one of guests) {
    for (let page = 0; page < one.imagePages; page++) meet(`image ${page}`);
    for (let page = 0; page < one.zeroPages; page++) {
      if (useZeroPages) saved += 1;
      else meet('zero');
    }
  }
  return saved;
}

const plans = fc.array(
  fc.record({ imagePages: fc.nat(40), zeroPages: fc.nat(40), privatePages: fc.nat(9), volatilePages: fc.nat(9) }),
  { maxLength: 9 },
);

describe('shareablePages', () => {
  it.each([
    ['one copy saves nothing', [{ imagePages: 5 }], 256, 0],
    ['two copies save one', [{ imagePages: 5 }, { imagePages: 5 }], 256, 5],
    ['contents that only some have', [{ imagePages: 5 }, { imagePages: 3 }, { imagePages: 3 }], 256, 6],
    ['256 zero pages need one KSM page', [{ zeroPages: 256 }], 256, 255],
    ['the 257th stays alone', [{ zeroPages: 257 }], 256, 255],
    ['the 258th merges with it', [{ zeroPages: 258 }], 256, 256],
    ['private and volatile pages save nothing', [{ privatePages: 9, volatilePages: 9 }], 256, 0],
  ])('%s', (_name, guests, maxPageSharing, expected) => {
    expect(shareablePages(guests.map(guest), { maxPageSharing, useZeroPages: false })).toBe(expected);
  });

  it('counts every zero page where they go to the kernel zero page', () => {
    expect(shareablePages([guest({ zeroPages: 257 })], { maxPageSharing: 256, useZeroPages: true })).toBe(257);
  });

  it('is what merging page by page comes to', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 2, max: 12 }), fc.boolean(), (table, maxPageSharing, useZeroPages) => {
        const guests = table.map(guest);
        expect(shareablePages(guests, { maxPageSharing, useZeroPages })).toBe(
          mergePageByPage(guests, maxPageSharing, useZeroPages),
        );
      }),
    );
  });

  it('is the sum of the parts, but for one page of rounding in each', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 2, max: 12 }), fc.boolean(), (table, maxPageSharing, useZeroPages) => {
        const guests = table.map(guest);
        const limits = { maxPageSharing, useZeroPages };
        const parts = guests.reduce((sum, one) => sum + shareablePagesOf(one, guests, limits), 0);
        const whole = shareablePages(guests, limits);
        expect(parts).toBeLessThanOrEqual(whole);
        expect(parts).toBeGreaterThanOrEqual(whole - guests.length);
      }),
    );
  });
});

describe('demoPlan', () => {
  const plan = demoPlan(4096);
  const limits = { maxPageSharing: 256, useZeroPages: false };

  it('has names that the kernel keeps whole, each once', () => {
    expect(plan.map((one) => one.name)).toEqual(['demo-web-1', 'demo-web-2', 'demo-db', 'demo-churn', 'demo-late']);
    for (const one of plan) expect(one.name.length).toBeLessThanOrEqual(15);
  });

  it('stays modest: 300 to 400 MiB offered, more than half of it saved', () => {
    const offered = (mergeablePages(plan) * 4096) / 2 ** 20;
    expect(offered).toBeGreaterThan(300);
    expect(offered).toBeLessThan(400);
    expect(shareablePages(plan, limits)).toBeGreaterThan(mergeablePages(plan) / 2);
  });

  it('loses less than 2 % while every page of the churning guest waits to merge again', () => {
    const churning = plan.reduce((sum, one) => sum + (one.breaksPerSec > 0 ? one.imagePages : 0), 0);
    expect(churning).toBeGreaterThan(0);
    expect(churning / shareablePages(plan, limits)).toBeLessThan(0.02);
  });

  it('holds the same memory with larger pages', () => {
    expect(mergeablePages(demoPlan(65536)) * 65536).toBe(mergeablePages(plan) * 4096);
  });
});
