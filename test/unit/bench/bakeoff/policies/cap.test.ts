import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capAtStart, capStep, type CapState } from '../../../../../bench/bakeoff/policies/cap.js';

/** Share of a core that batches take when a page costs `pageSec` and a sleep lasts `sleepSec`. */
function shareOf(pages: number, pageSec: number, sleepSec = 0.012): number {
  return (pages * pageSec) / (pages * pageSec + sleepSec);
}

describe('capStep', () => {
  it('finds the cap whatever a page costs, and holds it', () => {
    fc.assert(
      fc.property(fc.double({ min: 2e-7, max: 2e-5, noNaN: true }), (pageSec) => {
        let state: CapState = capAtStart;
        let cpuSec = 0;
        for (let tick = 0; tick < 100; tick += 1) {
          const used = 0.1 * shareOf(state.pages, pageSec);
          if (tick >= 50) cpuSec += used;
          state = capStep(state, { seconds: 0.1, cpuSec: used });
        }
        expect(cpuSec / 5).toBeGreaterThan(0.47);
        expect(cpuSec / 5).toBeLessThan(0.53);
      }),
    );
  });

  it('pays back what pages that became ten times dearer took too much', () => {
    let state: CapState = { pages: 12_000, leftSec: 0 };
    let cpuSec = 0;
    for (let tick = 0; tick < 50; tick += 1) {
      const used = 0.1 * shareOf(state.pages, tick < 3 ? 1e-5 : 1e-6);
      cpuSec += used;
      state = capStep(state, { seconds: 0.1, cpuSec: used });
    }
    expect(cpuSec / 5).toBeLessThan(0.53);
  });

  it('keeps the batch while there is nothing to scan, and saves up almost nothing for later', () => {
    let state: CapState = { pages: 5000, leftSec: 0 };
    for (let tick = 0; tick < 100; tick += 1) state = capStep(state, { seconds: 0.1, cpuSec: 0 });
    expect(state.pages).toBe(5000);
    expect(state.leftSec).toBeLessThanOrEqual(0.05);
  });

  it('stays within its bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.2, noNaN: true }), { maxLength: 60 }), (used) => {
        const { pages } = used.reduce((state, cpuSec) => capStep(state, { seconds: 0.1, cpuSec }), capAtStart);
        expect(Number.isInteger(pages) && pages >= 10 && pages <= 100_000).toBe(true);
      }),
    );
  });
});
