import { describe, expect, it } from 'vitest';
import { ovirtStep } from '../../../../../bench/bakeoff/policies/ovirt.js';

const GIB = 1024 * 1024;
const of64 = (freePart: number): { totalKb: number; freeKb: number } => ({
  totalKb: 64 * GIB,
  freeKb: 64 * GIB * freePart,
});

describe('ovirtStep', () => {
  it('leaves KSM off while memory is neither short nor promised away', () => {
    expect(ovirtStep({ memory: of64(0.5), committedKb: 32 * GIB, pagesToScan: 100 })).toEqual({ run: 0 });
  });

  it('starts it when guests could need more than four fifths, and then scans less with each look', () => {
    const input = { memory: of64(0.5), committedKb: 52 * GIB };
    expect(ovirtStep({ ...input, pagesToScan: 400 })).toEqual({ run: 1, pages: 350, sleepMs: 10 });
    expect(ovirtStep({ ...input, pagesToScan: 100 })).toMatchObject({ pages: 64 });
  });

  it('starts it when less than a fifth is free, and then scans more with each look', () => {
    const pages = [100];
    for (let look = 0; look < 5; look += 1) {
      const next = ovirtStep({ memory: of64(0.1), committedKb: 0, pagesToScan: pages.at(-1) ?? 0 });
      pages.push(next.run === 1 ? next.pages : 0);
    }
    expect(pages).toEqual([100, 400, 700, 1000, 1250, 1250]);
  });

  it('sleeps longer on a host with less than 16 GiB, never below 10 ms', () => {
    const short = { committedKb: 0, pagesToScan: 100 };
    expect(ovirtStep({ ...short, memory: { totalKb: 4 * GIB, freeKb: 0 } })).toMatchObject({ sleepMs: 40 });
    expect(ovirtStep({ ...short, memory: { totalKb: 256 * GIB, freeKb: 0 } })).toMatchObject({ sleepMs: 10 });
  });
});
