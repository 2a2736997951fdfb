import { describe, expect, it } from 'vitest';
import { kubevirtStep } from '../../../../../bench/bakeoff/policies/kubevirt.js';

const GIB = 1024 * 1024;
const short = { totalKb: 20 * GIB, freeKb: 4 * GIB };
const plenty = { totalKb: 20 * GIB, freeKb: 4 * GIB + 1 };

describe('kubevirtStep', () => {
  it('leaves KSM off while more than a fifth of the memory is available', () => {
    expect(kubevirtStep({ memory: plenty, running: false, pagesToScan: 100 })).toMatchObject({ running: false });
  });

  it('starts it with 100 pages when memory is short, and adds 300 with each look up to 1250', () => {
    const pages: number[] = [];
    let running = false;
    for (let look = 0; look < 6; look += 1) {
      const next = kubevirtStep({ memory: short, running, pagesToScan: pages.at(-1) ?? 5000 });
      running = next.running;
      pages.push(next.pages);
    }
    expect(pages).toEqual([100, 400, 700, 1000, 1250, 1250]);
    expect(running).toBe(true);
  });

  it('takes 50 off with each look once memory is there again, and stops below 64', () => {
    const look = (pagesToScan: number): unknown => kubevirtStep({ memory: plenty, running: true, pagesToScan });
    expect(look(400)).toMatchObject({ running: true, pages: 350 });
    expect(look(114)).toMatchObject({ running: true, pages: 64 });
    expect(look(113)).toMatchObject({ running: false, pages: 64 });
  });

  it('sleeps 100 ms where 16 GiB are in use, less where it is more, never below 10 ms', () => {
    const sleepMs = (usedGib: number): number =>
      kubevirtStep({ memory: { totalKb: usedGib * GIB, freeKb: 0 }, running: true, pagesToScan: 100 }).sleepMs;
    expect([4, 16, 22, 1024].map(sleepMs)).toEqual([400, 100, 72, 10]);
  });
});
