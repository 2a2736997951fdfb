import { describe, expect, it } from 'vitest';
import { playDuty, totalCores } from '../../../../bench/probes/duty-cost.js';

const PRICES = { startCpuSec: 1, startSec: 2, stopSec: 0.3, idleCores: 0.0015, faultNs: 250, breakNs: 500 };
const DAY = 86_400;

describe('playDuty', () => {
  it('opens windows where pages break, and few where none do', () => {
    const busy = playDuty({ faultsPerSec: 1e4, breaksPerSec: 1000 }, PRICES, DAY);
    const idle = playDuty({ faultsPerSec: 1e4, breaksPerSec: 0 }, PRICES, DAY);
    expect(busy.windows).toBeGreaterThan(20);
    expect(idle.windows).toBeGreaterThan(0);
    expect(idle.windows).toBeLessThan(busy.windows);
    expect(busy.attachedShare).toBeGreaterThan(idle.attachedShare);
  });

  it('charges what it is told: twice the price of a fault is twice the tax', () => {
    const host = { faultsPerSec: 1e5, breaksPerSec: 0 };
    const once = playDuty(host, PRICES, DAY);
    const twice = playDuty(host, { ...PRICES, faultNs: 500 }, DAY);
    // The policy does not know the price, so it opens the same windows.
    expect(twice.attachedShare).toBe(once.attachedShare);
    expect(twice.taxCores - once.taxCores).toBeCloseTo(once.attachedShare * 1e5 * 250e-9, 12);
    // One window in four also times breaks, which costs more.
    expect(once.taxCores).toBeGreaterThan(once.attachedShare * 1e5 * 250e-9);
    expect(once.taxCores).toBeLessThan(once.attachedShare * 1e5 * 550e-9);
  });

  it('adds up', () => {
    const cost = playDuty({ faultsPerSec: 1e6, breaksPerSec: 1e4 }, PRICES, DAY);
    expect(totalCores(cost)).toBe(cost.windowCores + cost.taxCores + cost.steadyCores);
    expect(cost.windowCores).toBeGreaterThanOrEqual((cost.windows - 1) / DAY);
  });

  it.each([1e3, 1e5, 5e6])('stays in the budget at %d faults a second, with the prices the policy assumes', (rate) => {
    for (const breaksPerSec of [0, rate / 100]) {
      expect(totalCores(playDuty({ faultsPerSec: rate, breaksPerSec }, PRICES, DAY))).toBeLessThan(0.005);
    }
  });
});
