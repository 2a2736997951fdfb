import { describe, expect, it } from 'vitest';
import { VM_COUNT, VM_IMAGE_PAGES, vmPlan, vmShareableBytes } from '../../../../src/agent/demo/vm-plan.js';

const counts = Array.from({ length: VM_COUNT.most - VM_COUNT.least + 1 }, (_, index) => VM_COUNT.least + index);

describe('the machines', () => {
  it.each(counts)('are %i, each with a name of its own that the kernel does not cut', (count) => {
    const plan = vmPlan(count);
    expect(plan).toHaveLength(count);
    expect(new Set(plan.map(({ name }) => name)).size).toBe(count);
    expect(plan.every(({ name }) => name.length <= 15)).toBe(true);
    expect(plan.filter(({ breaksPerSec }) => breaksPerSec > 0)).toHaveLength(1);
    expect(plan.filter(({ delaySec }) => delaySec === 0).length).toBeGreaterThanOrEqual(2);
  });

  it('save the image but for one copy of it in each full group', () => {
    const image = VM_IMAGE_PAGES * 4096;
    expect(vmShareableBytes(5, { maxPageSharing: 256, useZeroPages: false })).toBe(4 * image);
    expect(vmShareableBytes(5, { maxPageSharing: 2, useZeroPages: false })).toBe(2 * image);
  });
});
